import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import { defineRead, openWorkspace, type Workspace } from '../../src/main/database/index.ts';
import { reads } from '../../src/main/reads.ts';
import { isRefusal } from '../../src/main/refusal.ts';
import { type BuiltProgram, buildProgram } from '../support/built-child.ts';
import { countUsers, die, dieOnce, endless, fail, oneLongStatement, refuse, write } from '../support/odd-reads.ts';
import { openSetUpConsole, type TestConsole } from '../support/test-console.ts';

let program: BuiltProgram;
let dir: string;
let workspace: Workspace;
beforeAll(async () => {
  program = await buildProgram('tests/support/odd-reader.ts');
});
afterAll(() => program.remove());

function open(readerThread: string | null = program.file): Workspace {
  dir = mkdtempSync(join(tmpdir(), 'qm-reader-'));
  let last = 0;
  ({ workspace } = openWorkspace({ dir, create: true, clock: () => 0, newId: () => `id-${++last}`, readerThread }));
  return workspace;
}
afterEach(async () => {
  await workspace?.endReading();
  if (workspace?.db.raw.open) workspace.close();
  if (dir) rmSync(dir, { recursive: true, force: true });
});

function addUser(name: string): void {
  workspace.transaction((tx) =>
    tx.raw
      .prepare(
        `INSERT INTO users (id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
         VALUES (@name, @name, @name, @name, 'user', 'active', '', 0, 1, x'', 0)`,
      )
      .run({ name }),
  );
}

/** As whoever removes something does it: again, with a pause between. */
async function emptyTheLog(): Promise<number> {
  for (let tries = 1; ; tries += 1) {
    if (workspace.truncateLog()) return tries;
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Rows that one statement counts for some seconds. */
const SECONDS = 10_000_000;
const steps = () => new SharedArrayBuffer(4);
async function running(counter: SharedArrayBuffer): Promise<void> {
  while (Atomics.load(new Int32Array(counter), 0) === 0) await new Promise((resolve) => setTimeout(resolve, 5));
}

describe.each(['in a thread', 'without one'])('a read %s', (where) => {
  const openHere = () => open(where === 'in a thread' ? program.file : null);

  test('R5: sees every write that was answered before it was asked', async () => {
    openHere();
    for (let n = 1; n <= 200; n += 1) {
      addUser(`u${n}`);
      const { count, isWritable } = await workspace.read(countUsers, 'u%');
      expect(count).toBe(n);
      expect(isWritable).toBe(where === 'without one');
    }
  });

  test('refusals and mistakes arrive as what they are', async () => {
    openHere();
    const refused = await workspace.read(refuse, 'such thing').catch((error: unknown) => error);
    expect(isRefusal(refused, 'NOT_FOUND')).toBe(true);
    expect(refused).toMatchObject({
      message: 'There is no such thing.',
      data: { what: 'thing', name: 'such thing' },
    });
    const mistaken = await workspace.read(fail, null).catch((error: unknown) => error);
    expect(mistaken).toMatchObject({ name: 'TypeError', message: 'a mistake' });
    expect((await workspace.read(countUsers, '%')).count).toBe(0);
  });

  test('is given up between two steps, with the reason of the signal, and others go on beside it', async () => {
    openHere();
    const counter = steps();
    const stop = new AbortController();
    const reading = workspace.read(endless, counter, stop.signal);
    await running(counter);
    addUser('meanwhile');
    expect((await workspace.read(countUsers, '%')).count).toBe(1);
    const why = new Error('not wanted any more');
    stop.abort(why);
    await expect(reading).rejects.toBe(why);
    await new Promise((resolve) => setTimeout(resolve, 50));
    const after = Atomics.load(new Int32Array(counter), 0);
    await new Promise((resolve) => setTimeout(resolve, 50));
    expect(Atomics.load(new Int32Array(counter), 0)).toBe(after);
    await expect(workspace.read(countUsers, '%', AbortSignal.abort(why))).rejects.toBe(why);
  });

  test('is given up when the workspace closes, which waits for that', async () => {
    openHere();
    const counter = steps();
    const reading = workspace.read(endless, counter);
    const ended = expect(reading).rejects.toThrow('the workspace is being closed');
    await running(counter);
    await workspace.endReading();
    await ended;
    await workspace.endReading();
    workspace.close();
    // Nobody else had it open, or the last one to close would not have removed them.
    expect(readdirSync(dir).filter((name) => /-(wal|shm)$/.test(name))).toEqual([]);
  });
});

describe('the reader thread', () => {
  test('X6: cannot write, and knows no read that was not given to it', async () => {
    open();
    addUser('ada');
    await expect(workspace.read(write, null)).rejects.toThrow(/readonly|cannot be written/);
    await expect(
      workspace.read(
        defineRead('SELECT * FROM users', () => null),
        null,
      ),
    ).rejects.toThrow('knows no read SELECT * FROM users');
    expect(workspace.db.raw.prepare('SELECT name FROM users').pluck().get()).toBe('ada');
  });

  test('knows every read that the domains define, each by a name of its own', () => {
    const defined = readdirSync('src/main', { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('reads.ts'))
      .flatMap((name) => [
        ...readFileSync(join('src/main', name), 'utf8').matchAll(/define(?:Long)?Read\(\s*'([^']+)'/g),
      ])
      .map((match) => match[1]);
    expect(defined.length).toBeGreaterThan(4);
    expect(reads.map(({ name }) => name).sort()).toEqual(defined.sort());
    expect(new Set(defined).size).toBe(defined.length);
  });

  test('that dies comes back, and what it was reading is read once more', async () => {
    open();
    addUser('ada');
    const beside = workspace.read(countUsers, '%');
    const flag = join(dir, 'died');
    await expect(workspace.read(dieOnce, flag)).resolves.toBe('alive');
    expect(existsSync(flag)).toBe(true);
    expect((await beside).count).toBe(1);
  });

  test('that dies of a read twice gives that read up, and no other', async () => {
    open();
    for (let n = 0; n < 3; n += 1) {
      await expect(workspace.read(die, null)).rejects.toThrow('the reader thread ended while it read test.die');
      expect(await workspace.read(countUsers, '%')).toMatchObject({ count: 0, isWritable: false });
    }
  });

  test('that cannot be started is done without', async () => {
    open(join(tmpdir(), 'no-such-file.mjs'));
    addUser('ada');
    expect(await workspace.read(countUsers, '%')).toMatchObject({ count: 1, isWritable: true });
    await workspace.endReading();
    const broken = join(dir, 'broken.mjs');
    writeFileSync(broken, 'throw new Error("broken")');
    workspace.close();
    rmSync(dir, { recursive: true, force: true });
    open(program.file.replace('program.mjs', 'none.mjs'));
    await expect(workspace.read(countUsers, '%')).resolves.toMatchObject({ count: 0 });
  });

  test('that hangs in one statement is ended after the limit, and another reads on', async () => {
    open();
    await workspace.read(countUsers, '%');
    const hanging = workspace.read(oneLongStatement, SECONDS);
    await expect(hanging).rejects.toThrow('test.statement was given up after 400 ms');
    expect((await workspace.read(countUsers, '%')).count).toBe(0);
  });

  test('D3: holds no snapshot between two steps: the log empties while a read goes on', async () => {
    open();
    const counter = steps();
    const stop = new AbortController();
    const reading = workspace.read(endless, counter, stop.signal).catch(() => 'stopped');
    await running(counter);
    for (let round = 0; round < 10; round += 1) {
      addUser(`u${round}`);
      expect(await emptyTheLog()).toBeLessThan(5);
      expect(readFileSync(`${workspace.db.raw.name}-wal`)).toHaveLength(0);
    }
    stop.abort();
    await expect(reading).resolves.toBe('stopped');
  });

  test('D3: while one statement holds the log, emptying it says so at once, and succeeds afterwards', async () => {
    open();
    addUser('ada');
    await workspace.read(countUsers, '%');
    const reading = workspace.read(oneLongStatement, SECONDS).catch(() => null);
    await new Promise((resolve) => setTimeout(resolve, 30));
    addUser('bob');
    // Had it waited for the reader, which takes less than SQLite's patience, it would have found the log free.
    const isEmpty = workspace.truncateLog();
    expect(isEmpty).toBe(false);
    expect(await emptyTheLog()).toBeGreaterThan(0);
    await reading;
  });

  test('keeps no process alive', async () => {
    const child = await buildProgram('tests/support/reading-child.ts');
    try {
      const { runProgram } = await import('../support/built-child.ts');
      open(null);
      const ended = await runProgram(child, [join(dir, 'inner'), program.file], { timeoutMs: 20_000 });
      expect(ended).toMatchObject({ code: 0, signal: null, stdout: '0\n' });
    } finally {
      child.remove();
    }
  });
});

describe('the console with a reader thread', () => {
  let opened: TestConsole;
  afterEach(() => opened?.dispose());

  test('R5: lists what a call has answered a moment ago, and verifies the log there', async () => {
    opened = await openSetUpConsole({ motor: false, readerThread: program.file });
    const { client } = opened;
    for (let n = 0; n < 10; n += 1) {
      const mail = `user${n}@example.org`;
      await client.users.create({ mail, name: `User ${n}`, firstPassword: 'a first password' });
      expect((await client.users.list({ search: mail })).rows.map((row) => row.mail)).toEqual([mail]);
      expect((await client.audit.list({ limit: 1 })).rows[0]?.event).toBe('admin.user_created');
    }
    await opened.connection.domains.ground.audit.checkpoint();
    expect((await client.audit.verify({})).verdict).toBe('OK');
    await expect(client.users.list({ after: 'nonsense' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
    await expect(client.storage.documents({ user: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });
});
