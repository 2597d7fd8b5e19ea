import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, rmSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import type { Command } from 'commander';
import { Refusal } from '../../../refusal.ts';
import { defaultWorkspaceDir } from '../../default-workspace.ts';
import { fillDemo } from '../demo/fill.ts';
import { HostFailure } from '../failures.ts';
import { writeWhole } from '../input-files.ts';
import type { Invocation } from '../invocation.ts';
import { countOf, formatCount, formatSize } from '../sizes.ts';
import { type Carry, describe, type Outcome, optional } from '../verb.ts';

const ADMIN = 'root@example.org';
const EXAMPLE = 'ada@example.org';

interface Places {
  readonly dir: string;
  readonly workspace: string;
  readonly passwordFile: string;
  readonly passphraseFile: string;
}

export function addDemo(program: Command, carry: Carry): void {
  const command = program
    .command('demo')
    .description(
      'Make a workspace to play with: sample users, quotas in every state, documents in the built-in store.',
    );
  describe(command, carry, {
    options: { dir: optional('--dir <dir>', 'where it is made; beside the usual workspace unless said otherwise') },
    examples: ['demo', 'demo --dir /tmp/qm-demo'],
    async run(_given, { dir }, invocation) {
      const places = placesIn(resolve(dir ?? join(dirname(defaultWorkspaceDir(invocation.terminal.env)), 'demo')));
      if (isThere(places)) return tell(places, invocation, 'The demo is there already.', {});
      return makeDemo(places, invocation);
    },
  });
}

function placesIn(dir: string): Places {
  return {
    dir,
    workspace: join(dir, 'workspace'),
    passwordFile: join(dir, 'password'),
    passphraseFile: join(dir, 'passphrase'),
  };
}

function isThere({ workspace, passwordFile, passphraseFile }: Places): boolean {
  return [join(workspace, 'workspace.sqlite'), passwordFile, passphraseFile].every((path) => existsSync(path));
}

async function makeDemo(places: Places, invocation: Invocation): Promise<Outcome> {
  const { dir, workspace, passwordFile, passphraseFile } = places;
  const wasThere = existsSync(dir);
  if (wasThere && readdirSync(dir).length > 0)
    throw new Refusal('WORKSPACE_INVALID', `${dir} is not empty. Name an empty or new folder with --dir.`);
  makeFolder(dir);
  const [password, passphrase] = [newSecret(), newSecret()];
  try {
    writeWhole(passwordFile, `${password}\n`);
    writeWhole(passphraseFile, `${passphrase}\n`);
    const console = (await invocation.open({ create: true, leaveLocked: true, workspaceDir: workspace })).owned();
    if (!console) throw new Refusal('WORKSPACE_INVALID', `Another process makes something in ${workspace} right now.`);
    const line = console.connect();
    const client = console.client(line);
    const { auditKey } = await client.session.setUp({
      workspaceName: 'Quartermaster demo',
      mail: ADMIN,
      name: 'Root of the demo',
      password,
      passphrase,
    });
    const filled = await fillDemo({
      client,
      domains: line.domains,
      newPassword: newSecret,
      signal: invocation.signal,
      tell: (what, done, all) =>
        invocation.progress.show({
          facts: { what, done, all },
          line: `Making the demo: ${formatCount(done)} of ${formatCount(all)} ${what}`,
          // The end of each part is written, so that none seems to stop in its middle.
          isTurn: done === all,
        }),
    });
    await client.session.signOut({});
    const sentence =
      `Made a platform of ${countOf(filled.users, 'user')} with ${countOf(filled.documents, 'document')} ` +
      `(${formatSize(filled.bytes)}) in the built-in store.`;
    return tell(places, invocation, sentence, { ...filled, auditKey });
  } catch (error) {
    await invocation.close();
    // All of it was made a moment ago, by this command.
    for (const path of wasThere ? [workspace, passwordFile, passphraseFile] : [dir])
      rmSync(path, { recursive: true, force: true });
    throw error;
  }
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true, mode: 0o700 });
  } catch (error) {
    throw new HostFailure('FILE_UNWRITABLE', `The folder ${dir} cannot be made. Name another one with --dir.`, {
      cause: error,
    });
  }
}

function newSecret(): string {
  return randomBytes(18).toString('base64url');
}

function tell(
  places: Places,
  invocation: Invocation,
  sentence: string,
  facts: Readonly<Record<string, unknown>>,
): Outcome {
  const { env } = invocation.terminal;
  const qm = env.npm_lifecycle_event === 'qm' ? 'npm run -s qm --' : 'qm';
  const settings = {
    QM_WORKSPACE: places.workspace,
    QM_ADMIN: ADMIN,
    QM_PASSWORD_FILE: places.passwordFile,
    QM_PASSPHRASE_FILE: places.passphraseFile,
  };
  const assignments = Object.entries(settings).map(([name, value]) => `${name}=${quoted(value)}`);
  const isWindows = process.platform === 'win32';
  const useOnce = isWindows ? null : `${assignments.join(' ')} ${qm} users list`;
  const forAll = isWindows
    ? Object.entries(settings)
        .map(([name, value]) => `$env:${name}="${value}"`)
        .join('; ')
    : `export ${assignments.join(' ')}`;
  const lines = [
    sentence,
    ...(useOnce ? ['', 'See its users:', '', `  ${useOnce}`] : []),
    '',
    useOnce ? 'Or for all commands of this shell:' : 'In this shell:',
    '',
    `  ${forAll}`,
    `  ${qm} users list --over-quota`,
    `  ${qm} deletions plan ${EXAMPLE}              # lists what there is; changes nothing`,
    `  ${qm} deletions start PLAN --confirm ${EXAMPLE}`,
    `  ${qm} audit verify`,
    `  ${qm} serve                                       # the same in a browser`,
    '',
    `Done with it? Remove the folder ${places.dir}`,
  ];
  return { value: { ...places, admin: ADMIN, environment: settings, ...facts }, text: lines.join('\n') };
}

/** As a shell takes it for one word. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`;
}
