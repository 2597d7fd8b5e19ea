import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { surroundings } from '../../src/main/hosts/owner/address.ts';
import { CALLING_CARD, readCallingCard } from '../../src/main/hosts/owner/calling-card.ts';
import { dialOwner, OwnerUnreachable } from '../../src/main/hosts/owner/dial.ts';
import { openReception, type Reception } from '../../src/main/hosts/owner/reception.ts';

const VERSION = '1.2.3';
const ORIGIN = { machine: 'test', osAccount: 'tester', networkAddress: null, host: 'qm' } as const;
const WHO = { version: VERSION, motor: false, origin: ORIGIN };

let workspaceDir: string;
let reception: Reception;
let address: string;
let token: string;
let opened: object[];
let received: unknown[];
let log: string[];
const ends: (() => void)[] = [];

beforeEach(async () => {
  workspaceDir = mkdtempSync(join(tmpdir(), 'qm-reception-'));
  [opened, received, log] = [[], [], []];
  reception = await openReception({
    workspaceDir,
    openLine: ({ origin, send }) => {
      opened.push(origin ?? {});
      return {
        receive(message) {
          received.push(message);
          send('heard');
        },
        ended() {},
        underWay: () => 0,
      };
    },
    staysForCommands: true,
    onMotorWanted: () => log.push('motor wanted'),
    version: VERSION,
    log: (event, facts) => log.push(JSON.stringify({ event, ...facts })),
    surroundings: surroundings({}),
  });
  const card = readCallingCard(workspaceDir);
  address = card?.address ?? '';
  token = card?.token ?? '';
});
afterEach(() => {
  for (const end of ends.splice(0)) end();
  reception.close();
  rmSync(workspaceDir, { recursive: true, force: true });
});

/** A WebSocket to the owner's address; the status with which it was refused where it was. */
function ring(): Promise<WebSocket | number> {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket('ws://owner/', { createConnection: () => connect(address) });
    ends.push(() => socket.terminate());
    socket.once('open', () => resolve(socket));
    socket.once('unexpected-response', (_request, response) => resolve(response.statusCode ?? 0));
    socket.once('error', reject);
  });
}

/** What comes of a first message: a greeting, or the code of the close. */
async function say(first: string | Uint8Array): Promise<{ greeting: unknown } | { code: number }> {
  const socket = await ring();
  if (typeof socket === 'number') throw new Error(`refused with ${socket}`);
  return await new Promise((resolve) => {
    socket.once('message', (data) => resolve({ greeting: JSON.parse(String(data)) }));
    socket.once('close', (code) => resolve({ code }));
    socket.on('error', () => {});
    socket.send(first);
  });
}

/** A plain stream to the address, and when the other end cut it. */
function stream(): { socket: Socket; cut: Promise<string> } {
  const socket = connect(address);
  ends.push(() => socket.destroy());
  let text = '';
  socket.on('data', (chunk) => {
    text += chunk;
  });
  socket.on('error', () => {});
  return { socket, cut: new Promise((resolve) => socket.once('close', () => resolve(text))) };
}

const greeting = (more: object = {}) => JSON.stringify({ ...WHO, token, ...more });

describe('X1: the owner’s socket', () => {
  test('card, socket and folder are this account’s alone, and gone when the owner is', () => {
    expect(statSync(join(workspaceDir, CALLING_CARD)).mode & 0o777).toBe(0o600);
    expect(statSync(address).mode & 0o777).toBe(0o600);
    expect(statSync(dirname(address)).mode & 0o777).toBe(0o700);
    reception.close();
    for (const path of [join(workspaceDir, CALLING_CARD), address, dirname(address)])
      expect(statSync(path, { throwIfNoEntry: false }), path).toBeUndefined();
  });

  test('the card’s token lets a guest in, as the one that it says it is', async () => {
    const socket = await dialOwner(workspaceDir, { ...WHO, motor: true });
    ends.push(() => socket.terminate());
    expect(opened).toEqual([ORIGIN]);
    expect(log).toEqual(['motor wanted']);
    socket.send('a call');
    await expect.poll(() => received).toEqual(['a call']);
    expect(readFileSync(join(workspaceDir, CALLING_CARD), 'utf8')).toContain(token);
    expect(log.join()).not.toContain(token);
  });

  test.each([
    ['another token', () => greeting({ token: Buffer.alloc(32).toString('base64url') })],
    ['half a token', () => greeting({ token: token.slice(0, 21) })],
    ['no token', () => JSON.stringify(WHO)],
    ['an unknown field', () => greeting({ admin: true })],
    ['a host that there is not', () => greeting({ origin: { ...ORIGIN, host: 'root' } })],
    ['no JSON', () => 'open, please'],
    ['an empty message', () => ''],
    ['bytes', () => Buffer.from(greeting())],
  ])('X1: %s lets nobody in', async (_name, first) => {
    expect(await say(first())).toEqual({ code: 4401 });
    expect(opened).toEqual([]);
  });

  test('a guest of another version is told so, and only with the right token', async () => {
    expect(await say(greeting({ version: '9.9.9' }))).toEqual({ code: 4409 });
    expect(await say(greeting({ version: '9.9.9', token: 'x'.repeat(43) }))).toEqual({ code: 4401 });
    const failure = await dialOwner(workspaceDir, { ...WHO, version: '9.9.9' }).catch((error: unknown) => error);
    expect(failure).toMatchObject({ name: 'OwnerUnreachable', why: 'other_version', version: VERSION });
  });

  test('a stranger who sends much is cut off before it is read', async () => {
    expect(await say('x'.repeat(4_000))).toEqual({ code: 1006 });
    expect(await say(greeting({ origin: { ...ORIGIN, machine: 'x'.repeat(3_000) } }))).toEqual({ code: 1006 });
    expect(opened).toEqual([]);
  });

  test('who says nothing, or half of something, is cut off after five seconds', async () => {
    const silent = await ring();
    if (typeof silent === 'number') throw new Error('refused');
    const closed = new Promise((resolve) => silent.once('close', resolve));
    const [nothing, half] = [stream(), stream()];
    half.socket.write('GET / HTTP/1.1\r\nHost: owner\r\n');
    const begun = performance.now();
    expect(await closed).toBe(4401);
    await Promise.all([nothing.cut, half.cut]);
    expect(performance.now() - begun).toBeLessThan(9_000);
    expect(opened).toEqual([]);
  }, 20_000);

  test('garbage and ordinary requests are cut off without an answer of the console’s', async () => {
    const garbage = stream();
    garbage.socket.write(Buffer.alloc(8_192, 0x9b));
    expect(await garbage.cut).not.toMatch(/HTTP\/1.1 (1|2)/);
    const request = stream();
    request.socket.write('GET /owner.json HTTP/1.1\r\nHost: owner\r\n\r\n');
    expect(await request.cut).toBe('');
    const long = stream();
    long.socket.write(`GET / HTTP/1.1\r\nHost: owner\r\nX: ${'x'.repeat(10_000)}`);
    expect(await long.cut).not.toMatch(/HTTP\/1.1 (1|2)/);
    expect(opened).toEqual([]);
  });

  test('strangers are eight at most; when they are gone a guest gets in', async () => {
    const strangers = await Promise.all(Array.from({ length: 8 }, ring));
    expect(await ring()).toBe(503);
    for (const stranger of strangers) if (typeof stranger !== 'number') stranger.terminate();
    await expect
      .poll(
        async () =>
          await dialOwner(workspaceDir, WHO).then(
            (socket) => ends.push(() => socket.terminate()),
            () => 0,
          ),
      )
      .toBeGreaterThan(0);
  });

  test('a frame that breaks the protocol ends the line, not the owner', async () => {
    const { socket, cut } = stream();
    socket.write(
      'GET / HTTP/1.1\r\nHost: o\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n',
    );
    await expect.poll(() => socket.bytesRead).toBeGreaterThan(0);
    socket.write(Buffer.from([0xff, 0xff, 0xff, 0xff]));
    await cut;
    const guest = await dialOwner(workspaceDir, WHO);
    guest.terminate();
  });
});

describe('X1: a guest', () => {
  test('shows its token to nobody where no socket stands, or the card is not whole', async () => {
    const whyOf = async (content: string) => {
      writeFileSync(join(workspaceDir, CALLING_CARD), content);
      const failure = await dialOwner(workspaceDir, WHO).catch((error: unknown) => error);
      return failure instanceof OwnerUnreachable ? failure.why : failure;
    };
    expect(await whyOf('')).toBe('silent');
    expect(await whyOf('{"address":"/dev/null"')).toBe('silent');
    expect(await whyOf(JSON.stringify({ address: '/etc/passwd', token }))).toBe('silent');
    expect(await whyOf(JSON.stringify({ address: join(workspaceDir, 'nothing.sock'), token }))).toBe('silent');
    expect(await whyOf(JSON.stringify({ address: null, token }))).toBe('no_socket');
  });
});
