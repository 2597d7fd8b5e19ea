import { execFile } from 'node:child_process';
import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Deletion, Plan } from '../../src/contract/deletions.ts';
import type { IndexRun } from '../../src/contract/storage.ts';
import type { User } from '../../src/contract/users.ts';
import { type ApacheServer, findApache, startApache } from '../support/apache.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { qmIn } from '../support/qm.ts';
import { built, quiet, scratch, startQm } from '../support/qm-process.ts';

const run = promisify(execFile);
const place = scratch();

interface Demo {
  readonly dir: string;
  readonly workspace: string;
  readonly auditKey: string;
  readonly users: number;
  readonly documents: number;
  readonly environment: Readonly<
    Record<'QM_WORKSPACE' | 'QM_ADMIN' | 'QM_PASSWORD_FILE' | 'QM_PASSPHRASE_FILE', string>
  >;
}

let demo: Demo;
let env: Record<string, string>;
let qm: ReturnType<typeof qmIn>;

beforeAll(async () => {
  built();
  const made = await startQm(['--json', 'demo', '--dir', join(place.dir, 'demo')], { env: { HOME: place.dir } }).ended;
  expect(made.code, made.stderr).toBe(0);
  demo = JSON.parse(made.stdout) as Demo; // What the command says that it answers.
  env = { ...quiet, HOME: place.dir, ...demo.environment };
  qm = qmIn(demo.workspace, env);
}, 300_000);
afterAll(() => place.dispose());

describe('R3, S1: the demo', { timeout: 300_000 }, () => {
  test('forty users with quotas in every state, and their documents in the built-in store', async () => {
    const { rows } = await qm.json<{ rows: User[] }>('users', 'list', '--all');
    expect(rows).toHaveLength(demo.users + 1);
    expect(demo.users).toBe(40);
    // In the order in which they are written down, whatever a password took.
    expect(rows.slice(1).map(({ externalId }) => externalId)).toEqual(
      Array.from({ length: 40 }, (_, at) => `u${String(at + 1).padStart(3, '0')}`),
    );
    expect(new Set(rows.map(({ quota }) => quota.state))).toEqual(
      new Set(['ok', 'warning', 'full', 'unlimited', 'uncounted']),
    );
    expect(rows.some(({ status }) => status === 'inactive')).toBe(true);
    expect(rows.filter(({ ai }) => ai !== null).length).toBeGreaterThan(10);
    const { rows: stores } = await qm.json<{
      rows: { own: boolean; kind: string; documents: number; bytes: number }[];
    }>('storage', 'list');
    expect(stores).toMatchObject([{ own: true, kind: 'folder', documents: demo.documents }]);
    expect(demo.documents).toBeGreaterThan(200);
    expect(rows.reduce((sum, { quota }) => sum + quota.usedBytes, 0)).toBe(stores[0]?.bytes);
  });

  test('its password and passphrase are nobody else’s to read', () => {
    for (const path of [demo.environment.QM_PASSWORD_FILE, demo.environment.QM_PASSPHRASE_FILE])
      expect(statSync(path).mode & 0o777).toBe(0o600);
    expect(statSync(demo.dir).mode & 0o777).toBe(0o700);
  });

  test('made once; asked again it says so and prints the lines again, which work as they stand', async () => {
    const again = await startQm(['demo', '--dir', demo.dir], { env: { HOME: place.dir } }).ended;
    expect(again).toMatchObject({ code: 0 });
    expect(again.stdout).toMatch(/^The demo is there already/);
    const line =
      again.stdout
        .split('\n')
        .find((text) => text.includes('users list'))
        ?.trim() ?? '';
    // The line calls `qm`: a package that is installed has it on the path.
    const typed = line.replace(/ qm /, ` ${process.execPath} ${join(import.meta.dirname, '../../bin/qm.mjs')} `);
    const { stdout } = await run('sh', ['-c', typed], { env: { PATH: process.env.PATH, HOME: place.dir, ...quiet } });
    expect(stdout).toContain('ada@example.org');
  });

  test('Q2: a limit below what is stored is allowed, and said before and after', async () => {
    const { code, stdout, stderr } = await qm.run('quotas', 'set', 'alan@example.org', '1KiB');
    expect(code).toBe(0);
    expect(stderr).toMatch(/1 KiB \(1,024 bytes\) is less than what is stored now/);
    expect(stdout).toContain('The user is over quota.');
    const { rows } = await qm.json<{ rows: User[] }>('users', 'list', '--over-quota', '--all');
    expect(rows.map(({ mail }) => mail)).toContain('alan@example.org');
  });
});

describe('D5, D9: a user is removed from the built-in store, with proof', { timeout: 300_000 }, () => {
  const certificate = () => join(place.dir, 'certificate.json');

  test('planned, confirmed, done by whoever watches, certified; each step says the next one', async () => {
    const user = await qm.json<User>('users', 'show', 'ada@example.org');
    const plan = await qm.json<Plan>('deletions', 'plan', 'ada@example.org');
    expect(plan).toMatchObject({
      mail: 'ada@example.org',
      backends: [{ kind: 'folder', bytes: user.quota.usedBytes, finality: 'final' }],
    });
    const planned = await qm.ok('deletions', 'plan', 'ada@example.org');
    expect(planned).toMatch(
      /Nothing was changed\. To remove the user for good:\n {2}qm deletions start [0-9a-f-]{36} --confirm ada@example\.org/,
    );
    expect(await qm.json<User>('users', 'show', 'ada@example.org')).toEqual(user);

    // Confirmed without waiting: no command does the work, and each names what waits in one line.
    const started = await qm.json<Deletion>('deletions', 'start', plan.id, '--confirm', 'ada@example.org', '--no-wait');
    expect(started.state).toBe('closing');
    const other = await qm.run('users', 'list');
    expect(other.code).toBe(0);
    expect(other.stderr.trim().split('\n')).toEqual([
      expect.stringMatching(/^1 deletion is not finished.*qm deletions watch/),
    ]);
    // With --json a script reads standard error line by line.
    expect((await qm.run('users', 'list', '--json')).stderr).toBe('');
    const watched = await qm.run('--json', 'deletions', 'watch', started.id);
    expect(watched.code).toBe(0);
    const deletion = JSON.parse(watched.stdout) as Deletion; // The shape that interface and contract say.
    expect(deletion).toMatchObject({ state: 'done', mail: null, leftovers: [], waitingFor: null });
    const progress = watched.stderr
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { deletion: Deletion });
    expect(progress.at(-1)?.deletion.state).toBe('done');

    // Whoever comes later is told that there is nothing to follow, and that is no failure.
    for (const verb of ['watch', 'resume']) {
      const late = await qm.run('deletions', verb, started.id);
      expect(late.code, late.stderr).toBe(0);
      expect(late.stdout).toMatch(/^It is done already, .*: nothing is left to be worked on\.\n/);
    }
    expect(await qm.ok('deletions', 'start', '--help')).not.toContain('grace');

    // The user is gone; the certificate holds against the fingerprint, and any change of it is found.
    expect((await qm.run('users', 'show', 'ada@example.org')).stderr).toContain('NOT_FOUND');
    await qm.ok(
      'deletions',
      'certificate',
      deletion.id,
      '--out',
      certificate(),
      '--print',
      join(place.dir, 'certificate.html'),
      '--with-mail',
      'Ada@Example.org',
    );
    expect(readFileSync(join(place.dir, 'certificate.html'), 'utf8')).toMatch(/<html/i);
    const bare = { HOME: place.dir };
    const checked = await startQm(['--json', 'deletions', 'verify', certificate(), '--key', demo.auditKey], {
      env: bare,
    }).ended;
    expect(checked.code, checked.stdout).toBe(0);
    expect(JSON.parse(checked.stdout)).toMatchObject({ verdict: 'OK', problems: [], deletionId: deletion.id });
    const text = readFileSync(certificate(), 'utf8');
    const edited = place.file(
      'edited.json',
      text.replace(
        deletion.id,
        deletion.id.replace(/.$/, (last) => (last === '0' ? '1' : '0')),
      ),
    );
    const changed = await startQm(['--json', 'deletions', 'verify', edited, '--key', demo.auditKey], { env: bare })
      .ended;
    expect({ code: changed.code, verdict: (JSON.parse(changed.stdout) as { verdict: string }).verdict }).toEqual({
      code: 1,
      verdict: 'EDITED',
    });
    const piped = await startQm(['deletions', 'verify', '-', '--key', demo.auditKey], { env: bare, stdin: text }).ended;
    expect(piped.code).toBe(0);
    expect((await qm.run('deletions', 'certificate', deletion.id, '--with-mail', 'bob@example.org')).stderr).toContain(
      'CONFIRMATION_MISMATCH',
    );
    expect(await qm.json('audit', 'verify', '--key', demo.auditKey)).toMatchObject({ verdict: 'OK' });
  });
});

describe('R6: one owner', { timeout: 300_000 }, () => {
  test('while `serve` runs, every other command works through it, and by itself when that has ended', async () => {
    const serve = startQm(['serve', '--no-open', '--json'], { env });
    const line = JSON.parse(await serve.saying((text) => text.includes('"serving"'))) as {
      serving: { address: string };
    };
    expect(line.serving.address).toMatch(/^http:\/\/127\.0\.0\.1:\d+\/$/);
    const list = async () =>
      (await qm.json<{ rows: User[] }>('users', 'list', '--all')).rows.map(({ id, version }) => ({ id, version }));
    const through = await list();
    serve.child.kill('SIGTERM');
    expect(await serve.ended).toMatchObject({
      code: 143,
      stdout: `${JSON.stringify({ address: line.serving.address, ended: true })}\n`,
    });
    expect(await list()).toEqual(through);
    expect(through.length).toBeGreaterThan(demo.users - 5);
  });

  test('an owner that was killed leaves the workspace to the next', async () => {
    const serve = startQm(['serve', '--no-open', '--json'], { env });
    await serve.saying((text) => text.includes('"serving"'));
    serve.child.kill('SIGKILL');
    await serve.ended;
    expect(await qm.json('audit', 'verify')).toMatchObject({ verdict: 'OK' });
  });
});

describe.skipIf(findApache() === null)('R3, D6: Ctrl-C', { timeout: 300_000 }, () => {
  const FILES = 120;
  let apache: ApacheServer;
  let proxy: FaultProxy;
  let connection: string;

  beforeAll(async () => {
    apache = await startApache({ accounts: [{ name: 'grace', password: 'a secret of a cloud' }] });
    proxy = await startFaultProxy(apache);
    for (let at = 0; at < FILES; at += 1) await apache.write('grace', `platform/${at}.txt`, `document ${at}`);
    const { id } = await qm.json<{ id: string }>(
      ...['connections', 'add', '--user', 'grace@example.org', '--provider', 'webdav', '--username', 'grace'],
      ...['--url', apache.url('grace').replace(apache.origin, proxy.endpoint), '--root', '/platform', '--owned-root'],
      ...['--secret-file', place.file('cloud', 'a secret of a cloud')],
    );
    connection = id;
    await qm.ok('storage', 'index', '--connection', connection);
  }, 300_000);
  afterAll(async () => {
    await proxy?.close();
    await apache?.close();
  });

  test('an index is cancelled: exit 130, what was seen stays, the next run goes on', async () => {
    proxy.fault = () => ({ kind: 'pass', delayMs: 60_000 });
    const index = startQm(['--json', 'storage', 'index', '--connection', connection], { env });
    await index.saying((line) => line.includes('"index"'));
    index.child.kill('SIGINT');
    const stopped = await index.ended;
    proxy.fault = () => ({ kind: 'pass' });
    expect(stopped.code, stopped.stderr).toBe(130);
    expect(JSON.parse(stopped.stdout) as IndexRun).toMatchObject({ state: 'cancelled' });
    expect(await qm.json('storage', 'index', '--connection', connection)).toMatchObject({ state: 'done', seen: FILES });
  });

  test('a deletion stops where it is and says how to go on; it goes on there, and nothing is lost', async () => {
    proxy.fault = ({ method }) => ({ kind: 'pass', delayMs: method === 'DELETE' ? 250 : 0 });
    const plan = await qm.json<Plan>('deletions', 'plan', 'grace@example.org');
    const work = startQm(['--json', 'deletions', 'start', plan.id, '--confirm', 'grace@example.org'], { env });
    await work.saying(
      (line) => ((JSON.parse(line) as { deletion?: Deletion }).deletion?.backends[0]?.removed ?? 0) > 0,
    );
    work.child.kill('SIGINT');
    const stopped = await work.ended;
    expect(stopped.code, stopped.stderr).toBe(130);
    const left = JSON.parse(stopped.stdout) as Deletion; // The deletion, as with exit 3.
    expect(left.state).toBe('clouds');
    expect(readdirSync(join(apache.folder('grace'), 'platform')).length).toBeGreaterThan(0);

    const shown = await qm.run('deletions', 'show', left.id);
    expect(shown.stdout).toContain('clouds');
    proxy.fault = () => ({ kind: 'pass' });
    const resumed = await qm.run('deletions', 'resume', left.id);
    expect(resumed.code, resumed.stderr).toBe(0);
    expect(resumed.stdout).toContain(`qm deletions certificate ${left.id} --out cert.json`);
    const done = await qm.json<Deletion>('deletions', 'show', left.id);
    expect(done).toMatchObject({ state: 'done', leftovers: [] });
    const cloud = done.backends.find(({ kind }) => kind === 'webdav');
    expect((cloud?.removed ?? 0) + (cloud?.absent ?? 0)).toBeGreaterThanOrEqual(FILES);
    expect(readdirSync(join(apache.folder('grace'), 'platform'))).toEqual([]);
  });

  test('a plan whose cloud does not answer stops at once, and nothing was changed', async () => {
    const { id } = await qm.json<{ id: string }>(
      ...['connections', 'add', '--user', 'hedy@example.org', '--provider', 'webdav', '--username', 'grace'],
      ...['--url', apache.url('grace').replace(apache.origin, proxy.endpoint), '--root', '/other', '--owned-root'],
      ...['--secret-file', place.file('cloud', 'a secret of a cloud')],
    );
    expect(id).toMatch(/^[0-9a-f-]{36}$/);
    proxy.fault = () => ({ kind: 'silence' });
    const plan = startQm(['--json', 'deletions', 'plan', 'hedy@example.org'], { env });
    await expect.poll(() => proxy.requests.some(({ path }) => path.includes('/other')), { timeout: 60_000 }).toBe(true);
    const asked = Date.now();
    plan.child.kill('SIGINT');
    const { code, stdout } = await plan.ended;
    expect(Date.now() - asked).toBeLessThan(9_000);
    expect({ code, answer: JSON.parse(stdout) as unknown }).toMatchObject({
      code: 130,
      answer: { error: { code: 'INTERRUPTED' } },
    });
    proxy.fault = () => ({ kind: 'pass' });
    expect((await qm.json<User>('users', 'show', 'hedy@example.org')).status).toBe('active');
    expect(await qm.json('audit', 'verify')).toMatchObject({ verdict: 'OK' });
  });
});

describe.skipIf(findApache() === null)('D7: a cloud that is down', { timeout: 300_000 }, () => {
  test('exit 3 with the deletion on standard output and what it waits for; then done without it', async () => {
    const apache = await startApache({ accounts: [{ name: 'ken', password: 'a secret of a cloud' }] });
    try {
      await apache.write('ken', 'platform/letter.txt', 'a letter');
      await qm.ok(
        ...[
          'connections',
          'add',
          '--user',
          'ken@example.org',
          '--provider',
          'webdav',
          '--username',
          'ken',
          '--url',
          apache.url('ken'),
        ],
        ...['--root', '/platform', '--owned-root', '--secret-file', place.file('cloud', 'a secret of a cloud')],
      );
      const plan = await qm.json<Plan>('deletions', 'plan', 'ken@example.org');
      await apache.stop();
      const waits = await qm.run('--json', 'deletions', 'start', plan.id, '--confirm', 'ken@example.org');
      expect(waits.code, waits.stderr).toBe(3);
      const deletion = JSON.parse(waits.stdout) as Deletion; // With exit 3 it is the deletion.
      expect(deletion).toMatchObject({
        state: 'waiting',
        waitingFor: { reason: expect.stringMatching(/^(offline|backend)$/) },
      });

      const told = await qm.run('users', 'list');
      expect(told.stderr).toContain(`qm deletions show ${deletion.id}`);
      const text = await qm.ok('deletions', 'show', deletion.id);
      expect(text).toMatch(/It waits: .+/);
      expect(text).toContain('--best-effort');
      expect((await qm.run('deletions', 'certificate', deletion.id)).stderr).toContain('NO_CERTIFICATE');

      await qm.ok('deletions', 'pause', deletion.id);
      expect((await qm.run('deletions', 'watch', deletion.id)).code).toBe(3);
      const done = await qm.json<Deletion>('deletions', 'resume', deletion.id, '--best-effort');
      expect(done.state).toBe('done');
      expect(done.leftovers.length + done.backends.filter(({ state }) => state === 'skipped').length).toBeGreaterThan(
        0,
      );
    } finally {
      await apache.close();
    }
  });
});
