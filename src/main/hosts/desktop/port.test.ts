import { EventEmitter } from 'node:events';
import type { MessagePortMain, WebContents } from 'electron';
import { expect, test } from 'vitest';
import { acceptPorts, PORT_CHANNEL } from './port.ts';

function windowAt(url: string) {
  const mainFrame = { url };
  const contents = { mainFrame, ipc: new EventEmitter() };
  const accepted: unknown[] = [];
  // Only what `acceptPorts` reads; the whole of Electron stands behind it in tests/e2e.
  acceptPorts(contents as unknown as WebContents, (port) => accepted.push(port));
  const send = (event: object) =>
    contents.ipc.emit(PORT_CHANNEL, { sender: contents, senderFrame: mainFrame, ports: [], ...event });
  return { contents, mainFrame, accepted, send };
}

function port() {
  const made = { isClosed: false, close: () => (made.isClosed = true) };
  return made as typeof made & MessagePortMain; // Nobody but `close` is called before a port is accepted.
}

test('X4: a port from the page in the window’s main frame is accepted', () => {
  const { accepted, send } = windowAt('app://console/#/users');
  const own = port();
  send({ ports: [own] });
  expect(accepted).toEqual([own]);
  expect(own.isClosed).toBe(false);
});

test.each(['https://evil.example/', 'app://console.evil.example/', 'about:blank', 'file:///tmp/x.html'])(
  'X4: a port is refused and closed while the window shows %s',
  (url) => {
    const { accepted, send } = windowAt(url);
    const foreign = port();
    send({ ports: [foreign] });
    expect(accepted).toEqual([]);
    expect(foreign.isClosed).toBe(true);
  },
);

test('X4: a port from a frame within the page, or from one that has gone, is refused and closed', () => {
  const { accepted, send } = windowAt('app://console/');
  for (const senderFrame of [{ url: 'app://console/' }, { url: 'https://evil.example/' }, null]) {
    const foreign = port();
    send({ senderFrame, ports: [foreign] });
    expect(foreign.isClosed).toBe(true);
  }
  expect(accepted).toEqual([]);
});

test('X4: a port from another window is refused and closed', () => {
  const { accepted, send, mainFrame } = windowAt('app://console/');
  const foreign = port();
  send({ sender: { mainFrame }, ports: [foreign] });
  expect(accepted).toEqual([]);
  expect(foreign.isClosed).toBe(true);
});

test('X4: a message without a port, or with two, is no line', () => {
  const { accepted, send } = windowAt('app://console/');
  const two = [port(), port()];
  send({ ports: [] });
  send({ ports: two });
  expect(accepted).toEqual([]);
  expect(two.every(({ isClosed }) => isClosed)).toBe(true);
});
