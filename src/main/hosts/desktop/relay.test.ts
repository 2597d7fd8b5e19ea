import { EventEmitter, once } from 'node:events';
import { MessageChannel } from 'node:worker_threads';
import type { MessagePortMain } from 'electron';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { relay } from './relay.ts';

/** Electron's port as far as the relay uses it; a real one stands here in tests/e2e where Electron is there. */
class PagePort extends EventEmitter {
  readonly sent: unknown[] = [];
  isStarted = false;
  isClosed = false;

  start(): void {
    this.isStarted = true;
  }

  postMessage(message: unknown): void {
    this.sent.push(message);
    this.emit('sent');
  }

  close(): void {
    this.isClosed = true;
  }

  says(data: unknown): void {
    this.emit('message', { data });
  }
}

let page: PagePort;
let channel: MessageChannel;
const heard: unknown[] = [];

beforeEach(() => {
  page = new PagePort();
  channel = new MessageChannel();
  heard.length = 0;
  channel.port2.on('message', (message) => heard.push(message));
  relay(page as unknown as MessagePortMain, channel.port1);
});
afterEach(() => channel.port2.close());

test('text and bytes pass both ways unchanged and in order', async () => {
  expect(page.isStarted).toBe(true);
  const sent = ['{"i":"1"}', Uint8Array.of(0, 255, 1), 'ü💥\u0000', new Uint8Array(70_000).fill(7)];
  for (const message of sent) page.says(message);
  await expect.poll(() => heard.length).toBe(4);
  expect(heard).toEqual(sent);
  for (const message of sent) channel.port2.postMessage(message);
  await expect.poll(() => page.sent.length).toBe(4);
  expect(page.sent).toEqual(sent);
});

test.each([[{ i: '1', p: { u: '/users/list' } }], [null], [undefined], [5], [['a']], [new Map()], [new Date(0)]])(
  'X3: %j is no message and ends both sides',
  async (junk) => {
    const ended = once(channel.port2, 'close');
    page.says(junk);
    await ended;
    expect(page.isClosed).toBe(true);
    expect(heard).toEqual([]);
  },
);

test('a message over the limit ends both sides', async () => {
  const ended = once(channel.port2, 'close');
  page.says(new Uint8Array(97 * 1024 * 1024));
  await ended;
  expect(page.isClosed).toBe(true);
});

test('the page’s end closes the console’s side, and the other way round', async () => {
  const ended = once(channel.port2, 'close');
  page.emit('close');
  await ended;

  const second = new MessageChannel();
  const other = new PagePort();
  relay(other as unknown as MessagePortMain, second.port1);
  second.port2.close();
  await expect.poll(() => other.isClosed).toBe(true);
});
