import { type Command, CommanderError } from 'commander';
import { describe, expect, test } from 'vitest';
import { contract } from '../../../contract/index.ts';
import type { GlobalOptions } from './invocation.ts';
import { makeProgram, usageOf } from './program.ts';

/** The grammar alone: what would be carried out is noted and not done. */
function grammar() {
  const carried: GlobalOptions[] = [];
  const said: string[] = [];
  const program = makeProgram(
    '0.0.0',
    async (_run, globals) => {
      carried.push(globals);
    },
    (text) => said.push(text),
  );
  return { program, carried, said };
}

function leavesOf(command: Command, path: readonly string[] = []): { path: string; command: Command }[] {
  const here = command.parent ? [...path, command.name()] : path;
  if (command.commands.length === 0) return [{ path: here.join(' '), command }];
  return command.commands.flatMap((child) => leavesOf(child, here));
}

/** Words as a shell would split them; variables stand for an id. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/'([^']*)'|"([^"]*)"|([^\s'"]+)/g)].map(([, single, double, bare]) =>
    (single ?? double ?? bare ?? '').replace(/^\$\w+$/, '01936f00-0000-7000-8000-000000000001'),
  );
}

async function helpOf(path: string): Promise<string> {
  const { program, said } = grammar();
  await program.parseAsync([...path.split(' '), '--help'], { from: 'user' }).catch(() => {});
  return said.join('');
}

const leaves = leavesOf(grammar().program);

describe('R3: the groups and verbs that are promised, and no others', () => {
  test('all of them are there', () => {
    const found: Record<string, string[]> = {};
    for (const { path } of leaves) {
      const [group = '', ...verb] = path.split(' ');
      found[group] = [...(found[group] ?? []), ...(verb.length > 0 ? [verb.join(' ')] : [])];
    }
    expect(found).toEqual({
      setup: [],
      password: ['change'],
      users: ['list', 'show', 'create', 'update', 'activate', 'deactivate'],
      quotas: ['show', 'set'],
      ai: [
        'providers list',
        'providers add',
        'providers rename',
        'providers remove',
        'models list',
        'models add',
        'models rename',
        'models remove',
        'assign',
        'unassign',
      ],
      connections: ['list', 'test', 'add', 'import', 'update', 'remove'],
      storage: ['list', 'check', 'add', 'update', 'remove', 'index', 'link'],
      deletions: [
        'plan',
        'start',
        'list',
        'show',
        'watch',
        'pause',
        'cancel',
        'resume',
        'retry',
        'certificate',
        'verify',
      ],
      audit: ['list', 'verify'],
      vault: ['status', 'unlock'],
      settings: ['show', 'set'],
      demo: [],
      serve: [],
      call: [],
    });
  });

  test('every group of the contract has its own but `session`, which setup, password and each sign-in stand for', () => {
    const groups = new Set(leaves.map(({ path }) => path.split(' ')[0]));
    for (const group of Object.keys(contract)) if (group !== 'session') expect(groups, group).toContain(group);
  });
});

describe('R3: help that teaches by example', () => {
  test.each(leaves.map(({ path }) => path))('%s: a sentence and at least two examples', async (path) => {
    const text = await helpOf(path);
    expect(text).toMatch(/^Usage: qm /m);
    const examples = text
      .slice(text.indexOf('Examples:'))
      .split('\n')
      .filter((line) => line.startsWith('  '));
    expect(examples.length).toBeGreaterThanOrEqual(2);
    const about = leaves.find((leaf) => leaf.path === path)?.command.description() ?? '';
    expect(about).toMatch(/[.;)]$|…$/);
  });

  test.each(leaves.map(({ path }) => path))('%s: every example is one that is understood', async (path) => {
    const text = await helpOf(path);
    const lines = text
      .slice(text.indexOf('Examples:'))
      .split('\n')
      .filter((line) => line.startsWith('  ') && line.includes('qm '));
    expect(lines.length).toBeGreaterThanOrEqual(2);
    for (const line of lines) {
      // What is piped into the command or read into it is the shell's business.
      const typed = line
        .slice(line.lastIndexOf('qm ') + 3)
        .replace(/ < \S+$/, '')
        .replace('FINGERPRINT', 'ab'.repeat(32));
      const { program, carried } = grammar();
      await program.parseAsync(wordsOf(typed), { from: 'user' });
      expect(carried, line).toHaveLength(1);
    }
  });
});

describe('R3: the options of every command', () => {
  const written = ['--workspace', 'W', '--admin', 'root@example.org', '--json', '--password-file', 'P'];
  const meant = { workspace: 'W', admin: 'root@example.org', json: true, passwordFile: 'P' };

  test.each([
    ['before the group', [...written, 'users', 'show', 'ada']],
    ['between group and verb', ['users', ...written, 'show', 'ada']],
    ['after everything', ['users', 'show', 'ada', ...written]],
  ])('%s', async (_where, args) => {
    const { program, carried } = grammar();
    await program.parseAsync(args, { from: 'user' });
    expect(carried).toEqual([meant]);
  });

  test('a secret is no option of any command: neither a password, a passphrase nor a key', () => {
    for (const { path, command } of leaves)
      for (const option of command.options)
        if (/password|passphrase|secret/.test(option.long ?? '')) expect(option.long, path).toMatch(/-(file|stdin)$/);
  });
});

describe('R3: wrong usage', () => {
  test.each([
    ['users list --frob', "Unknown option '--frob'."],
    ['users lst', "Unknown command 'lst' (Did you mean list?)"],
    ['nothing', "Unknown command 'nothing'."],
    ['users show', "Missing required argument 'user'."],
    ['users show ada bob', 'Too many arguments'],
    ['users create --name Ada', "Required option '--mail <address>' not specified."],
    ['users list --status sleeping', 'Allowed choices are active, inactive, deleting.'],
    ['users list --limit ten', 'Write a whole number, 1 or more.'],
    ['users list --limit 0', 'Write a whole number, 1 or more.'],
    ['users create --mail a@b.c --name A --limit 1e999', "'1e999' is not a size"],
    ['users create --mail a@b.c --name A --limit', 'argument missing'],
    ['settings set --quota-warning lots', 'Write 80% or 0.8.'],
    ['storage link main key --expires soon', 'Write seconds, or 15m, 2h, 7d.'],
  ])('%s', async (line, sentence) => {
    const { program, carried } = grammar();
    const error: unknown = await program.parseAsync(wordsOf(line), { from: 'user' }).catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(CommanderError);
    expect(usageOf(error as CommanderError).message).toContain(sentence); // The line above looked.
    expect(carried).toEqual([]);
  });
});
