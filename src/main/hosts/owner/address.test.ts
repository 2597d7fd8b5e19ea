import { chmodSync, chownSync, mkdirSync, mkdtempSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { freshAddress, isOwnersSocket, removeAddress, type Surroundings } from './address.ts';

let home: string;
const servers: Server[] = [];
beforeEach(() => {
  home = mkdtempSync(join(tmpdir(), 'qm-address-'));
});
afterEach(() => {
  for (const server of servers.splice(0)) server.close();
  rmSync(home, { recursive: true, force: true });
});

const around = (more: Partial<Surroundings>): Surroundings => ({
  platform: 'linux',
  runtimeDir: undefined,
  temporaryDirs: [],
  uid: process.getuid?.(),
  ...more,
});
const folder = (name: string, mode: number): string => {
  const path = join(home, name);
  mkdirSync(path);
  chmodSync(path, mode);
  return path;
};
const isRoot = process.getuid?.() === 0;

describe('R6: where the owner’s socket stands', () => {
  test('in the runtime folder where that is this account’s own', () => {
    const run = folder('run', 0o700);
    const address = freshAddress(around({ runtimeDir: run, temporaryDirs: [home] }));
    expect(dirname(address ?? '')).toBe(run);
    expect(freshAddress(around({ runtimeDir: run }))).not.toBe(address);
  });

  test('else in a fresh folder of its own that nobody else may enter', () => {
    const address = freshAddress(around({ temporaryDirs: [home] })) ?? '';
    expect(dirname(dirname(address))).toBe(home);
    expect(statSync(dirname(address)).mode & 0o777).toBe(0o700);
  });

  test('not in a runtime folder that others may enter, that is a link, or that is not there', () => {
    const open = folder('open', 0o755);
    const link = join(home, 'link');
    symlinkSync(folder('real', 0o700), link);
    for (const runtimeDir of [open, link, join(home, 'missing')])
      expect(freshAddress(around({ runtimeDir }))).toBeNull();
  });

  test('not in a temporary folder in which others could put another in its place', () => {
    expect(freshAddress(around({ temporaryDirs: [folder('free-for-all', 0o777)] }))).toBeNull();
    expect(freshAddress(around({ temporaryDirs: [folder('sticky', 0o1777)] }))).not.toBeNull();
  });

  test.skipIf(!isRoot)('not in a folder of another account, as link or as itself', () => {
    const foreign = folder('foreign', 0o700);
    chownSync(foreign, 12_345, 12_345);
    const link = join(home, 'link');
    symlinkSync(foreign, link);
    expect(freshAddress(around({ runtimeDir: foreign, temporaryDirs: [foreign, link] }))).toBeNull();
  });

  test('a path that is too long for a socket is not tried, and the next folder is', () => {
    const deep = join(home, 'x'.repeat(60), 'y'.repeat(60));
    mkdirSync(deep, { recursive: true, mode: 0o700 });
    expect(freshAddress(around({ runtimeDir: deep, temporaryDirs: [deep] }))).toBeNull();
    expect(dirname(dirname(freshAddress(around({ runtimeDir: deep, temporaryDirs: [deep, home] })) ?? ''))).toBe(home);
  });

  test('on Windows it is a pipe whose name cannot be guessed', () => {
    expect(freshAddress(around({ platform: 'win32' }))).toMatch(/^\\\\\.\\pipe\\quartermaster-[0-9a-f]{32}$/);
  });
});

describe('R6: an address that stands in an old file', () => {
  test('is taken away with its folder only if it is a socket of this shape', async () => {
    const address = freshAddress(around({ temporaryDirs: [home] })) ?? '';
    await listen(address);
    removeAddress(address);
    expect(statSync(dirname(address), { throwIfNoEntry: false })).toBeUndefined();

    const precious = join(home, 'precious.sqlite');
    const disguised = join(home, 'quartermaster-0123456789abcdef.sock');
    for (const path of [precious, disguised]) {
      writeFileSync(path, 'x');
      removeAddress(path);
      expect(statSync(path).size).toBe(1);
    }
  });

  test('is shown no token unless a socket stands there', async () => {
    const address = freshAddress(around({ temporaryDirs: [home] })) ?? '';
    expect(isOwnersSocket(address, home)).toBe(false);
    writeFileSync(address, '');
    expect(isOwnersSocket(address, home)).toBe(false);
    rmSync(address);
    await listen(address);
    expect(isOwnersSocket(address, home)).toBe(true);
    if (!isRoot) return;
    // Somebody else's socket under the same name, in a folder that became theirs.
    chownSync(address, 12_345, 12_345);
    expect(isOwnersSocket(address, home)).toBe(false);
  });
});

async function listen(address: string): Promise<void> {
  const server = createServer();
  servers.push(server);
  await new Promise<void>((resolve) => server.listen(address, resolve));
}
