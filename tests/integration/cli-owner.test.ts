import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, test } from 'vitest';
import type { AuditEntry } from '../../src/contract/audit.ts';
import type { Deletion, Plan } from '../../src/contract/deletions.ts';
import { surroundings } from '../../src/main/hosts/owner/address.ts';
import { CALLING_CARD } from '../../src/main/hosts/owner/calling-card.ts';
import { takeOwnership } from '../../src/main/hosts/owner/lock.ts';
import { openReception } from '../../src/main/hosts/owner/reception.ts';
import { type ApacheServer, findApache, startApache } from '../support/apache.ts';
import { type FaultProxy, startFaultProxy } from '../support/fault-proxy.ts';
import { qmIn } from '../support/qm.ts';
import { built, type QmProcess, quiet, scratch, startQm } from '../support/qm-process.ts';
import { openAdmittedSocket } from '../support/serve-host.ts';

const place = scratch();
let workspace: string;
let env: Record<string, string>;
let qm: ReturnType<typeof qmIn>;
const started: QmProcess[] = [];

const start = (...args: string[]): QmProcess => {
  const process = startQm(args, { env });
  started.push(process);
  return process;
};
async function serve(): Promise<QmProcess> {
  const process = start('serve', '--no-open', '--json');
  await process.saying((line) => line.includes('"serving"'));
  return process;
}
const deletionIn = (line: string) => (JSON.parse(line) as { deletion?: Deletion }).deletion;

beforeAll(async () => {
  built();
  const made = await startQm(['--json', 'demo', '--dir', join(place.dir, 'demo')], { env: { HOME: place.dir } }).ended;
  expect(made.code, made.stderr).toBe(0);
  const demo = JSON.parse(made.stdout) as { workspace: string; environment: Record<string, string> };
  workspace = demo.workspace;
  env = { ...quiet, HOME: place.dir, ...demo.environment, QM_FIRST: place.file('first', 'a first password') };
  qm = qmIn(workspace, env);
}, 300_000);
afterEach(async () => {
  for (const { child, ended } of started.splice(0)) {
    child.kill('SIGKILL');
    await ended;
  }
});
afterAll(() => place.dispose());

describe('R6: commands beside each other', { timeout: 300_000 }, () => {
  test('eight at once all do their work, each once, and nothing of the socket stays behind', async () => {
    const ended = await Promise.all(
      Array.from({ length: 8 }, (_, at) =>
        qm.run('--json', 'call', 'ai.addProvider', JSON.stringify({ name: `provider-${at}` })),
      ),
    );
    for (const { code, stdout, stderr } of ended) expect(code, `${stdout}${stderr}`).toBe(0);
    const { rows } = await qm.json<{ rows: { name: string }[] }>('call', 'ai.providers');
    expect(rows.filter(({ name }) => name.startsWith('provider-'))).toHaveLength(8);
    const log = await qm.json<{ rows: AuditEntry[] }>(
      'audit',
      'list',
      '--event',
      'admin.ai_catalogue_changed',
      '--all',
    );
    expect(log.rows.filter(({ metadata }) => String(metadata.name).startsWith('provider-'))).toHaveLength(8);
    expect(await qm.json('audit', 'verify')).toMatchObject({ verdict: 'OK' });
    expect(readdirSync(workspace).filter((name) => name.startsWith('owner.'))).toEqual(['owner.lock']);
  });

  test('A3: what a command does through `serve` stands in the log as the command’s', async () => {
    await serve();
    await qm.ok('call', 'ai.addProvider', '{"name":"beside-serve"}');
    const { rows } = await qm.json<{ rows: AuditEntry[] }>('audit', 'list', '--event', 'admin.ai_catalogue_changed');
    expect(rows[0]).toMatchObject({ origin: { host: 'qm' }, metadata: { name: 'beside-serve' } });
  });

  test('a page of a second `serve` works through the first, and comes back when that is killed', async () => {
    const first = await serve();
    const firstsFile = readFileSync(join(workspace, 'open-console.html'), 'utf8');
    const second = start('serve', '--no-open', '--json');
    const { serving } = JSON.parse(await second.saying((line) => line.includes('"serving"'))) as {
      serving: { address: string; openingFile: string };
    };
    expect(readFileSync(join(workspace, 'open-console.html'), 'utf8')).toBe(firstsFile);
    const oneTime = /#t=([\w-]{43})/.exec(readFileSync(serving.openingFile, 'utf8'))?.[1] ?? '';
    const tab = await openAdmittedSocket(serving.address, oneTime);
    const password = readFileSync(env.QM_PASSWORD_FILE ?? '', 'utf8').trim();
    const { token } = await tab.client.session.signIn({ mail: env.QM_ADMIN ?? '', password });
    const { rows } = await tab.client.audit.list({ event: 'admin.signed_in', limit: 1 });
    expect(rows[0]).toMatchObject({ origin: { host: 'serve', networkAddress: '127.0.0.1' } });

    // A call that is under way when the owner dies ends, so that the page can send it again.
    const watching = tab.client.users.list({ limit: 500 });
    first.child.kill('SIGKILL');
    await Promise.allSettled([watching]);
    await first.ended;
    const again = await openAdmittedSocket(serving.address, tab.tabToken);
    expect((await again.client.session.restore({ token })).signedIn).toMatchObject({ mail: env.QM_ADMIN });
    expect((await again.client.users.list({ limit: 1 })).rows).toHaveLength(1);
    // The second one owns the workspace now, and does its work, whether anybody asks for it or not.
    expect(readFileSync(join(workspace, 'owner.pid'), 'utf8').trim()).toBe(String(second.child.pid));
    await qm.ok('users', 'list');
    again.close();
    second.child.kill('SIGTERM');
    expect((await second.ended).code).toBe(143);
    expect(existsSync(join(workspace, CALLING_CARD))).toBe(false);
    expect(existsSync(serving.openingFile)).toBe(false);
  });

  test('a `serve` that nobody looks at takes over by itself', async () => {
    const first = await serve();
    const second = await serve();
    first.child.kill('SIGKILL');
    await first.ended;
    await expect
      .poll(() => readFileSync(join(workspace, 'owner.pid'), 'utf8').trim(), { timeout: 20_000 })
      .toBe(String(second.child.pid));
  });
});

describe.skipIf(findApache() === null)('R6: a deletion that two look after', { timeout: 300_000 }, () => {
  const FILES = 60;
  let apache: ApacheServer;
  let proxy: FaultProxy;

  beforeAll(async () => {
    apache = await startApache({ accounts: [{ name: 'cloud', password: 'a secret of a cloud' }] });
    proxy = await startFaultProxy(apache);
  });
  afterEach(() => {
    proxy.fault = () => ({ kind: 'pass' });
  });
  afterAll(async () => {
    await proxy?.close();
    await apache?.close();
  });

  async function planFor(mail: string): Promise<Plan> {
    const folder = mail.replace(/@.*/, '');
    for (let at = 0; at < FILES; at += 1) await apache.write('cloud', `${folder}/${at}.txt`, `document ${at}`);
    const { id } = await qm.json<{ id: string }>(
      ...['connections', 'add', '--user', mail, '--provider', 'webdav', '--username', 'cloud'],
      ...['--url', apache.url('cloud').replace(apache.origin, proxy.endpoint), '--root', `/${folder}`, '--owned-root'],
      ...['--secret-file', place.file('cloud', 'a secret of a cloud')],
    );
    await qm.ok('storage', 'index', '--connection', id);
    return qm.json<Plan>('deletions', 'plan', mail);
  }
  const slowly = (delayMs: number) => {
    proxy.requests.length = 0;
    proxy.fault = ({ method }) => ({ kind: 'pass', delayMs: method === 'DELETE' ? delayMs : 0 });
  };

  test('two that start the same plan at once: one deletion, and the other is told of it', async () => {
    const plan = await planFor('ada@example.org');
    const ended = await Promise.all(
      [1, 2].map(() => qm.run('--json', 'deletions', 'start', plan.id, '--confirm', 'ada@example.org')),
    );
    const [won, lost] = ended.sort((a, b) => Number(a.code) - Number(b.code));
    expect({ code: won?.code, answer: JSON.parse(won?.stdout ?? '') as Deletion }).toMatchObject({
      code: 0,
      answer: { state: 'done', planId: plan.id },
    });
    expect({ code: lost?.code, answer: JSON.parse(lost?.stdout ?? '') as unknown }).toMatchObject({
      code: 1,
      answer: { error: { code: expect.stringMatching(/^(PLAN_USED|DELETION_EXISTS|NOT_FOUND|PLAN_OUTDATED)$/) } },
    });
    const { rows } = await qm.json<{ rows: Deletion[] }>('deletions', 'list', '--all');
    expect(rows.filter(({ planId }) => planId === plan.id)).toHaveLength(1);
    const log = await qm.json<{ rows: AuditEntry[] }>('audit', 'list', '--event', 'admin.deletion_started', '--all');
    expect(log.rows.filter(({ outcome, metadata }) => outcome === 'done' && metadata.planId === plan.id)).toHaveLength(
      1,
    );
  });

  test('Ctrl-C of a guest ends its following alone; the owner goes on', async () => {
    const plan = await planFor('grace@example.org');
    slowly(600);
    const owner = start('--json', 'deletions', 'start', plan.id, '--confirm', 'grace@example.org');
    const { id } = deletionIn(await owner.saying((line) => deletionIn(line) !== undefined)) ?? { id: '' };
    await expect.poll(() => proxy.requests.some(({ method }) => method === 'DELETE')).toBe(true);
    const [guest, reader] = [start('--json', 'deletions', 'watch', id), start('deletions', 'watch', id)];
    await Promise.all([
      guest.saying((line) => deletionIn(line) !== undefined),
      reader.saying((line) => line.startsWith('clouds')),
    ]);
    for (const { child } of [guest, reader]) child.kill('SIGINT');
    expect((await guest.ended).code).toBe(130);
    expect((await reader.ended).stdout).toContain('No longer followed; the work goes on');
    proxy.fault = () => ({ kind: 'pass' });
    const done = await owner.ended;
    expect({ code: done.code, answer: JSON.parse(done.stdout) as Deletion }).toMatchObject({
      code: 0,
      answer: { state: 'done', leftovers: [] },
    });
  });

  test('an owner that is killed is followed by its guest, which goes on with the work and the watch', async () => {
    const plan = await planFor('barbara@example.org');
    slowly(600);
    const owner = start('--json', 'deletions', 'start', plan.id, '--confirm', 'barbara@example.org');
    const { id } = deletionIn(await owner.saying((line) => deletionIn(line) !== undefined)) ?? { id: '' };
    await expect.poll(() => proxy.requests.some(({ method }) => method === 'DELETE')).toBe(true);
    const guest = start('--json', 'deletions', 'watch', id);
    await guest.saying((line) => deletionIn(line) !== undefined);
    owner.child.kill('SIGKILL');
    await owner.ended;
    proxy.fault = () => ({ kind: 'pass' });
    const done = await guest.ended;
    expect({ code: done.code, answer: JSON.parse(done.stdout) as Deletion, told: done.stderr }).toMatchObject({
      code: 0,
      answer: { state: 'done', leftovers: [] },
    });
    expect(await qm.json('audit', 'verify')).toMatchObject({ verdict: 'OK' });
  });

  test('an owner whose own work has ended stays for its guest, says so, and does the guest’s work', async () => {
    const plan = await planFor('hedy@example.org');
    let seen = 0;
    proxy.fault = ({ method }) => {
      if (method === 'DELETE') return { kind: 'pass', delayMs: 400 };
      seen += 1;
      return { kind: 'pass', delayMs: seen === 1 ? 3_000 : 0 };
    };
    // Owns the workspace and does no waiting work, until the guest wants it done.
    const owner = start('--json', 'connections', 'test', await connectionOf('hedy@example.org'));
    await expect.poll(() => seen, { timeout: 30_000 }).toBe(1);
    const guest = start('--json', 'deletions', 'start', plan.id, '--confirm', 'hedy@example.org');
    await owner.saying((line) => line.includes('stays until that has ended'));
    // Others come and go meanwhile.
    await qm.ok('users', 'list');
    proxy.fault = () => ({ kind: 'pass' });
    const done = await guest.ended;
    expect({ code: done.code, answer: JSON.parse(done.stdout) as Deletion }).toMatchObject({
      code: 0,
      answer: { state: 'done' },
    });
    await owner.ended;
  });

  async function connectionOf(mail: string): Promise<string> {
    const { rows } = await qm.json<{ rows: { id: string }[] }>('connections', 'list', '--user', mail);
    return rows[0]?.id ?? '';
  }
});

describe('R6: an owner that cannot be talked to', { timeout: 120_000 }, () => {
  async function refusalBeside(
    prepare: () => Promise<() => void> | (() => void),
  ): Promise<{ code: string; message: string; data: unknown }> {
    const lock = takeOwnership(workspace);
    const end = await prepare();
    try {
      const { code, stdout } = await qm.run('--json', 'users', 'list');
      expect(code).toBe(1);
      return (JSON.parse(stdout) as { error: { code: string; message: string; data: unknown } }).error;
    } finally {
      end();
      lock.release();
    }
  }

  test('of another version: both are named', async () => {
    const refusal = await refusalBeside(async () => {
      const reception = await openReception({
        workspaceDir: workspace,
        openLine: () => ({ receive() {}, ended() {}, underWay: () => 0 }),
        staysForCommands: false,
        onMotorWanted() {},
        version: '99.0.0',
        log: () => {},
        surroundings: surroundings(),
      });
      return () => reception.close();
    });
    expect(refusal).toMatchObject({ code: 'WORKSPACE_OWNED', data: { processId: process.pid } });
    expect(refusal.message).toMatch(/process \d+, which is Quartermaster 99\.0\.0; this is \d+\.\d+\.\d+/);
  });

  test('without a socket, or with a card that cannot be read: each is said', async () => {
    const card = join(workspace, CALLING_CARD);
    const withoutSocket = await refusalBeside(() => {
      writeFileSync(card, JSON.stringify({ address: null, token: 'x'.repeat(43) }));
      return () => rmSync(card);
    });
    expect(withoutSocket).toMatchObject({ code: 'WORKSPACE_OWNED' });
    expect(withoutSocket.message).toContain('no safe folder for the socket');
    // A folder is what even the system's own account cannot read as a file.
    const unreadable = await refusalBeside(() => {
      mkdirSync(card);
      return () => rmSync(card, { recursive: true });
    });
    expect(unreadable.message).toContain('may not read how to reach it');
  });

  test('that was killed leaves a card and a socket, which the next owner takes away', async () => {
    const dead = await serve();
    const { address } = JSON.parse(readFileSync(join(workspace, CALLING_CARD), 'utf8')) as { address: string };
    dead.child.kill('SIGKILL');
    await dead.ended;
    expect(existsSync(address)).toBe(true);
    await qm.ok('users', 'list');
    for (const path of [address, dirname(address), join(workspace, CALLING_CARD)])
      expect(existsSync(path), path).toBe(false);
  });

  test('that does not answer is not waited for after Ctrl-C', async () => {
    const lock = takeOwnership(workspace);
    const waiting = start('--json', 'users', 'list');
    await new Promise((resolve) => setTimeout(resolve, 2_000));
    const asked = performance.now();
    waiting.child.kill('SIGINT');
    expect((await waiting.ended).code).toBe(130);
    expect(performance.now() - asked).toBeLessThan(3_000);
    lock.release();
  });

  test('that does not answer is waited for, and then named', async () => {
    const begun = performance.now();
    const refusal = await refusalBeside(() => () => {});
    expect(refusal.message).toContain(`process ${process.pid}, which does not answer`);
    expect(performance.now() - begun).toBeGreaterThan(10_000);
    await qm.ok('users', 'list');
  });
});
