import { execFileSync } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, openSync, readdirSync, readFileSync, writeFileSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Plan } from '../../src/contract/deletions.ts';
import { type QmResult, qmIn } from '../support/qm.ts';
import { built, quiet, scratch, startQm } from '../support/qm-process.ts';

/**
 * What people and scripts get wrong. For each: the exit code, one clear sentence with a code, nothing on standard output, and
 * nothing lost or half done.
 */
describe('R3: bad input', { timeout: 300_000 }, () => {
  const place = scratch();
  const workspace = join(place.dir, 'workspace');
  const passwordFile = place.file('password', 'correct horse battery');
  const first = place.file('first', 'a first password');
  const env = {
    ...quiet,
    HOME: place.dir,
    QM_WORKSPACE: workspace,
    QM_ADMIN: 'root@example.org',
    QM_PASSWORD_FILE: passwordFile,
    QM_PASSPHRASE_FILE: place.file('passphrase', 'a passphrase of the test'),
  };
  const qm = qmIn(workspace, env);

  /** `é` in one code point, and as a letter with an accent. */
  const composed = 'ren\u00e9@example.org';
  const decomposed = 'RENE\u0301@example.org';

  beforeAll(async () => {
    built();
    await qm.ok('setup', '--mail', 'root@example.org', '--name', 'Root');
    for (const [mail, id] of [
      ['ada@example.org', 'u001'],
      [composed, 'u002'],
    ] as const)
      await qm.ok(
        'users',
        'create',
        '--mail',
        mail,
        '--name',
        'Somebody',
        '--external-id',
        id,
        '--first-password-file',
        first,
      );
  });
  afterAll(() => place.dispose());

  /** `errorCodes`: one, or several of which any will do, as `A|B`. */
  function expectSentence({ code, stdout, stderr }: QmResult, exit: number, errorCodes: string, words: RegExp): void {
    expect({ code, stdout }, stderr).toEqual({ code: exit, stdout: '' });
    const [sentence = ''] = stderr.split('\n');
    expect(sentence).toMatch(/^qm: .+\[[A-Z_]+\]$/);
    expect(errorCodes.split('|')).toContain(/\[([A-Z_]+)\]$/.exec(sentence)?.[1]);
    expect(sentence).toMatch(words);
    expect(stderr).not.toMatch(/\bat .+:\d+:\d+|SqliteError|node:internal|SELECT |INSERT /);
  }

  const create = (...rest: string[]) => ['users', 'create', '--name', 'New', '--first-password-file', first, ...rest];

  describe('usage: exit 2, before any workspace is opened', () => {
    test.each([
      ['an unknown option', ['users', 'list', '--frobnicate'], /--frobnicate/],
      ['an unknown verb', ['users', 'destroy'], /destroy/],
      ['an unknown group', ['usres', 'list'], /usres.*users/],
      ['an argument too many', ['users', 'show', 'a', 'b'], /too many/i],
      ['an option without its value', ['quotas', 'set', 'u001', '1', '--expected-version'], /--expected-version/],
      ['a version that is no number', ['users', 'update', 'u001', '--expected-version', 'two'], /whole number/],
      ['a quota below zero', ['quotas', 'set', 'u001', '-1'], /'-1' is not a size/],
      ['a quota in another notation', ['quotas', 'set', 'u001', '1e999'], /'1e999' is not a size/],
      ['a quota in words', ['quotas', 'set', 'u001', 'ten'], /'ten' is not a size/],
      ['a part of a byte', create('--mail', 'n@example.org', '--limit', '0.3KiB'), /whole number of bytes/],
      [
        'more than can be counted',
        create('--mail', 'n@example.org', '--limit', '9007199254740992'),
        /more than this console can count/,
      ],
      [
        'two answers that exclude each other',
        ['deletions', 'resume', 'x', '--best-effort', '--without-unreachable'],
        /one or the other/,
      ],
      ['nothing to index', ['storage', 'index'], /one or the other/],
      [
        'S3 without a bucket',
        [
          'connections',
          'add',
          '--user',
          'u001',
          '--provider',
          's3',
          '--url',
          'http://localhost',
          '--username',
          'key',
          '--root',
          '/x',
          '--secret-file',
          first,
        ],
        /--bucket/,
      ],
      ['a procedure that is not there', ['call', 'users.become', '{}'], /no procedure users\.become/],
      ['input that is not JSON', ['call', 'users.show', '{user:'], /not JSON/],
    ])('%s', async (_what, args, words) => {
      // No workspace is there, so that opening one would be another error.
      const result = await startQm(args, { env: { ...env, QM_WORKSPACE: join(place.dir, 'nowhere') } }).ended;
      expectSentence(result, 2, 'USAGE', words);
      const json = await startQm([...args, '--json'], { env: { ...env, QM_WORKSPACE: join(place.dir, 'nowhere') } })
        .ended;
      expect(json.code).toBe(2);
      expect(JSON.parse(json.stdout)).toEqual({ error: { code: 'USAGE', message: expect.any(String), data: null } });
    });
  });

  describe('files: exit 1, before any workspace is opened', () => {
    const documents = (content: string) => place.file('documents.jsonl', content);
    const importFrom = (file: string) => [
      'connections',
      'import',
      '--connection',
      '01936f00-0000-7000-8000-000000000001',
      '--documents',
      file,
    ];
    test.each([
      [
        'a password file that is missing',
        () => ['users', 'list', '--password-file', join(place.dir, 'gone')],
        'FILE_UNREADABLE',
        /no such file/,
      ],
      ['a folder for a file', () => ['users', 'list', '--password-file', place.dir], 'FILE_UNREADABLE', /is a folder/],
      [
        'an empty password file',
        () => ['users', 'list', '--password-file', place.file('empty', '\n')],
        'FILE_INVALID',
        /is empty/,
      ],
      [
        'a first password that is missing',
        () => ['users', 'create', '--mail', 'n@example.org', '--name', 'N', '--first-password-file', 'gone'],
        'FILE_UNREADABLE',
        /no such file/,
      ],
      [
        'documents that are missing',
        () => importFrom(join(place.dir, 'gone.jsonl')),
        'FILE_UNREADABLE',
        /no such file/,
      ],
      [
        'documents that are not JSON',
        () => importFrom(documents('{"key":"a","size":1}\nkey,size\n')),
        'FILE_INVALID',
        /line 2.*not JSON/,
      ],
      [
        'a document without a size',
        () => importFrom(documents('{"key":"a","size":1}\n{"key":"b"}\n')),
        'FILE_INVALID',
        /document 2.*size/,
      ],
      [
        'a document of the wrong type',
        () => importFrom(documents('[{"key":"a","size":"1"}]')),
        'FILE_INVALID',
        /document 1.*size/,
      ],
      [
        'a document with a field that is not known',
        () => importFrom(documents('[{"key":"a","size":1,"owner":"x"}]')),
        'FILE_INVALID',
        /owner/,
      ],
      ['an empty list', () => importFrom(documents('\n')), 'FILE_INVALID', /no documents/],
      [
        'a certificate that is missing',
        () => ['deletions', 'verify', join(place.dir, 'gone.json')],
        'FILE_UNREADABLE',
        /no such file/,
      ],
    ])('%s', async (_what, args, code, words) => {
      const result = await startQm(args(), { env: { ...env, QM_WORKSPACE: join(place.dir, 'nowhere') } }).ended;
      // The workspace is looked at before the password is read, and there is none: then its absence is said.
      if (result.stderr.includes('WORKSPACE_INVALID')) expectSentence(await qm.run(...args()), 1, code, words);
      else expectSentence(result, 1, code, words);
    });

    test('bytes that are no text', async () => {
      const path = place.file('binary', '');
      writeFileSync(path, Buffer.from([0xff, 0xfe, 0x00, 0x80]));
      expectSentence(await qm.run('users', 'list', '--password-file', path), 1, 'FILE_INVALID', /UTF-8/);
    });
  });

  describe('refused by the console: exit 1', () => {
    test.each([
      ['a mail address twice', create('--mail', 'ada@example.org'), 'MAIL_TAKEN', /ada@example\.org/],
      ['one that differs by case', create('--mail', 'ADA@Example.ORG'), 'MAIL_TAKEN', /upper and lower case/],
      ['one in another Unicode form', create('--mail', decomposed), 'MAIL_TAKEN', /mail address/],
      ['something that is no mail address', create('--mail', 'nonsense'), 'BAD_REQUEST', /mail/],
      [
        'an external id with a slash',
        create('--mail', 'n@example.org', '--external-id', 'a/b/c'),
        'BAD_REQUEST',
        /externalId/,
      ],
      [
        'an external id with a star',
        create('--mail', 'n@example.org', '--external-id', 'user*'),
        'BAD_REQUEST',
        /externalId/,
      ],
      [
        'an external id of dots',
        create('--mail', 'n@example.org', '--external-id', '...'),
        'BAD_REQUEST',
        /externalId/,
      ],
      ['an external id twice', create('--mail', 'n@example.org', '--external-id', 'u001'), 'EXTERNAL_ID_TAKEN', /u001/],
      [
        'a first password that is too short',
        [
          'users',
          'create',
          '--mail',
          'n@example.org',
          '--name',
          'N',
          '--first-password-file',
          place.file('short', 'short'),
        ],
        'BAD_REQUEST',
        /10 characters/,
      ],
      ['a user that is not there', ['users', 'show', 'nobody@example.org'], 'NOT_FOUND', /nobody@example\.org/],
      ['a store that is not there', ['storage', 'index', 'main'], 'NOT_FOUND', /main/],
      [
        'an address with a password in it',
        [
          'connections',
          'add',
          '--user',
          'u001',
          '--provider',
          'webdav',
          '--url',
          'http://ada:secret@localhost/',
          '--username',
          'ada',
          '--root',
          '/x',
          '--secret-file',
          first,
        ],
        'BAD_REQUEST',
        /user, password/,
      ],
      [
        'the root of a cloud as the platform’s own',
        [
          'connections',
          'add',
          '--user',
          'u001',
          '--provider',
          'webdav',
          '--url',
          'http://localhost/dav/',
          '--username',
          'ada',
          '--root',
          '/',
          '--owned-root',
          '--secret-file',
          first,
        ],
        'STORAGE_UNSAFE',
        /root/,
      ],
      ['a field that is not known', ['call', 'users.show', '{"user":"u001","as":"root"}'], 'BAD_REQUEST', /as/],
      ['a value of the wrong type', ['call', 'users.show', '{"user":7}'], 'BAD_REQUEST', /user/],
      [
        'a plan that is not there',
        ['deletions', 'start', '01936f00-0000-7000-8000-000000000001', '--confirm', 'x@y.z'],
        'NOT_FOUND',
        /plan/,
      ],
      [
        'oneself as the one to delete',
        ['deletions', 'plan', 'root@example.org'],
        'SOLE_ADMIN|OWN_ACCOUNT',
        /administrator|signed in|account/,
      ],
    ])('%s', async (_what, args, code, words) => {
      expectSentence(await qm.run(...args), 1, code, words);
    });

    test('a wrong password says how many tries are left, and nothing of who exists', async () => {
      const wrong = place.file('wrong', 'not the password');
      const known = await qm.run('users', 'list', '--password-file', wrong);
      expectSentence(known, 1, 'WRONG_PASSWORD', /./);
      const unknown = await qm.run('users', 'list', '--password-file', wrong, '--admin', 'nobody@example.org');
      expectSentence(unknown, 1, 'WRONG_PASSWORD', /./);
      expect(unknown.stderr.split('\n')[0]).toBe(known.stderr.split('\n')[0]);
    });

    test('a user who is no administrator', async () => {
      expectSentence(
        await qm.run('users', 'list', '--admin', 'ada@example.org', '--password-file', first),
        1,
        'NOT_ADMINISTRATOR',
        /./,
      );
    });

    test('a wrong passphrase', async () => {
      expectSentence(await qm.run('users', 'list', '--passphrase-file', first), 1, 'WRONG_PASSPHRASE', /passphrase/);
    });

    test('D5: a plan that was made before something changed', async () => {
      const plan = await qm.json<Plan>('deletions', 'plan', composed);
      expect(plan.mail).toBe(composed);
      const other = await qm.run('deletions', 'start', plan.id, '--confirm', 'ada@example.org');
      expectSentence(other, 1, 'CONFIRMATION_MISMATCH', /mail/);
      await qm.ok('users', 'update', 'u002', '--mail', 'renee@example.org');
      expectSentence(await qm.run('deletions', 'start', plan.id, '--confirm', composed), 1, 'PLAN_OUTDATED', /./);
    });

    test('afterwards nothing is half done: the same users, and a log that holds', async () => {
      const { rows } = await qm.json<{ rows: { mail: string }[] }>('users', 'list');
      expect(rows.map(({ mail }) => mail.slice(0, 3))).toEqual(['roo', 'ada', 'ren']);
      expect(await qm.json('connections', 'list')).toEqual({ rows: [], next: null });
      expect(await qm.json('deletions', 'list')).toEqual({ rows: [], next: null });
      expect(await qm.json('audit', 'verify')).toMatchObject({ verdict: 'OK' });
    });
  });

  describe('workspaces: exit 1, and not a byte of them changed', () => {
    const copy = (name: string): string => {
      const dir = join(place.dir, name);
      cpSync(workspace, dir, { recursive: true });
      chmodSync(dir, 0o700);
      return dir;
    };
    const contentOf = (dir: string): string[] =>
      readdirSync(dir)
        .filter((name) => !name.startsWith('owner.'))
        .map((name) =>
          name.endsWith('.sqlite') ? `${name} ${readFileSync(join(dir, name)).toString('base64')}` : name,
        )
        .sort();
    const folder = (name: string, files: Readonly<Record<string, string>>): string => {
      const dir = join(place.dir, name);
      mkdirSync(dir, { mode: 0o700 });
      for (const [file, content] of Object.entries(files)) writeFileSync(join(dir, file), content);
      return dir;
    };
    const runIn = (dir: string, args: readonly string[] = ['users', 'list'], through: readonly string[] = []) =>
      startQm(args, { env: { ...env, QM_WORKSPACE: dir }, through }).ended;

    test('none there: no command but set-up makes one', async () => {
      const dir = join(place.dir, 'absent');
      expectSentence(await runIn(dir), 1, 'WORKSPACE_INVALID', /no workspace.*qm setup/);
      expect(readdirSync(place.dir)).not.toContain('absent');
    });

    test('a file', async () => {
      expectSentence(await runIn(passwordFile), 1, 'WORKSPACE_INVALID', /is a file/);
    });

    test('a folder with other things in it', async () => {
      const dir = folder('others', { 'letter.txt': 'dear' });
      expectSentence(await runIn(dir), 1, 'WORKSPACE_INVALID', /no workspace/);
      expectSentence(
        await runIn(dir, ['setup', '--mail', 'a@example.org', '--name', 'A']),
        1,
        'WORKSPACE_INVALID',
        /not empty/,
      );
      expect(readdirSync(dir)).toEqual(['letter.txt']);
      expectSentence(await runIn(dir, ['demo', '--dir', dir]), 1, 'WORKSPACE_INVALID', /not empty/);
    });

    test('a file of that name that is no database', async () => {
      const dir = folder('text', { 'workspace.sqlite': 'once upon a time '.repeat(1000) });
      const before = contentOf(dir);
      expectSentence(await runIn(dir), 1, 'WORKSPACE_INVALID|WORKSPACE_DAMAGED', /./);
      expect(contentOf(dir)).toEqual(before);
    });

    test('another program’s database', async () => {
      const dir = folder('foreign', {});
      const foreign = new Database(join(dir, 'workspace.sqlite'));
      foreign.exec("CREATE TABLE recipes (title TEXT); INSERT INTO recipes VALUES ('soup')");
      foreign.close();
      const before = contentOf(dir);
      expectSentence(await runIn(dir), 1, 'WORKSPACE_INVALID', /not a Quartermaster workspace/);
      expect(contentOf(dir)).toEqual(before);
    });

    test('R4: one of a newer version', async () => {
      const dir = copy('newer');
      const raw = new Database(join(dir, 'workspace.sqlite'));
      raw.pragma('user_version = 9999');
      raw.close();
      const before = contentOf(dir);
      expectSentence(await runIn(dir), 1, 'WORKSPACE_NEWER', /newer/);
      expect(contentOf(dir)).toEqual(before);
    });

    test('one that is damaged', async () => {
      const dir = copy('damaged');
      const file = join(dir, 'workspace.sqlite');
      const descriptor = openSync(file, 'r+');
      const size = readFileSync(file).length;
      for (let page = 4096; page < size; page += 4096) writeSync(descriptor, Buffer.alloc(4096, 0x5a), 0, 4096, page);
      const result = await runIn(dir);
      expectSentence(result, 1, 'WORKSPACE_DAMAGED', /damaged|copy|backup/);
    });

    test('one that must not even be looked at', async () => {
      const dir = copy('closed');
      chmodSync(dir, 0o000);
      try {
        expectSentence(
          await runIn(dir, ['users', 'list'], withoutOverride()),
          1,
          'WORKSPACE_READ_ONLY',
          /may not be read by this account/,
        );
      } finally {
        chmodSync(dir, 0o700);
      }
    });

    test('one that must not be written', async () => {
      const dir = copy('read-only');
      chmodSync(join(dir, 'workspace.sqlite'), 0o400);
      chmodSync(dir, 0o500);
      const before = contentOf(dir);
      try {
        expectSentence(
          await runIn(dir, ['users', 'list'], withoutOverride()),
          1,
          'WORKSPACE_READ_ONLY',
          /cannot be written/,
        );
        expect(contentOf(dir)).toEqual(before);
      } finally {
        chmodSync(dir, 0o700);
      }
    });

    test('set-up that is refused leaves no workspace behind', async () => {
      const dir = join(place.dir, 'refused');
      expectSentence(await runIn(dir, ['setup', '--mail', 'nonsense', '--name', 'Root']), 1, 'BAD_REQUEST', /mail/);
      expectSentence(
        await runIn(dir, [
          'setup',
          '--mail',
          'a@example.org',
          '--name',
          'A',
          '--password-file',
          place.file('tiny', 'tiny'),
        ]),
        1,
        'BAD_REQUEST',
        /10 characters/,
      );
      const { QM_PASSPHRASE_FILE: _none, ...bare } = env;
      const result = await startQm(['setup', '--mail', 'a@example.org', '--name', 'A'], {
        env: { ...bare, QM_WORKSPACE: dir },
      }).ended;
      expectSentence(result, 1, 'KEYCHAIN_UNAVAILABLE', /passphrase/);
      expect(result.stderr).toContain('Next: qm setup … --passphrase-file F');
      expect(result.stderr.match(/passphrase/g)).toHaveLength(2);
      expect(readdirSync(place.dir)).not.toContain('refused');
    });
  });

  describe('D9: certificates: exit 1 and the verdict', () => {
    test.each([
      ['no JSON at all', 'hello', 'NOT_A_CERTIFICATE'],
      ['another JSON', '{"certificate":{},"hash":"","signature":{}}', 'EDITED|NOT_A_CERTIFICATE'],
      ['an empty file', '', 'NOT_A_CERTIFICATE'],
    ])('%s', async (_what, content, verdicts) => {
      const path = place.file('certificate.json', content);
      // Needs no workspace, no administrator, no password.
      const { code, stdout } = await startQm(['--json', 'deletions', 'verify', path], { env: { HOME: place.dir } })
        .ended;
      expect(code).toBe(1);
      expect(verdicts.split('|')).toContain((JSON.parse(stdout) as { verdict: string }).verdict);
    });
  });
});

/** As root nothing is read-only: the right to override is taken away before the command starts. */
function withoutOverride(): string[] {
  if (process.getuid?.() !== 0) return [];
  execFileSync('setpriv', ['--version']); // Part of every Debian-like system.
  return ['setpriv', '--bounding-set', '-dac_override,-dac_read_search', '--'];
}
