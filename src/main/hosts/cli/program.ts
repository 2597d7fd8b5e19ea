import { Command, type CommanderError, Option } from 'commander';
import { UsageError } from './failures.ts';
import { addAi } from './groups/ai.ts';
import { addAudit } from './groups/audit.ts';
import { addCall } from './groups/call.ts';
import { addConnections } from './groups/connections.ts';
import { addDeletions } from './groups/deletions.ts';
import { addDemo } from './groups/demo.ts';
import { addPassword } from './groups/password.ts';
import { addQuotas } from './groups/quotas.ts';
import { addServe } from './groups/serve.ts';
import { addSettings } from './groups/settings.ts';
import { addSetup } from './groups/setup.ts';
import { addStorage } from './groups/storage.ts';
import { addUsers } from './groups/users.ts';
import { addVault } from './groups/vault.ts';
import type { GlobalOptions, Invocation } from './invocation.ts';
import type { Carry, Outcome } from './verb.ts';

const OVERVIEW = `
A user is named by mail address, id or external id. Sizes are 10GiB, 500MiB, unlimited, or bytes.

Who and where, for all commands of a shell:
  export QM_WORKSPACE=~/platform QM_ADMIN=root@example.org QM_PASSWORD_FILE=~/.qm-password

Examples:
  qm demo
  qm setup --mail root@example.org --name Root
  qm users list --over-quota
  qm deletions plan ada@example.org
  qm users show ada@example.org --json

Exit codes: 0 done; 1 refused or failed; 2 wrong usage; 3 a deletion waits, is paused or asks;
130 stopped by Ctrl-C. With --json standard output is one JSON value, also for an error.`;

const ENVIRONMENT = `
Options of every command: --workspace, --admin, --json, --password-stdin, --password-file,
--passphrase-file. "qm --help" explains them.`;

/** Carries out what a verb is, with the global options as they were written. */
export type Execute = (run: (invocation: Invocation) => Promise<Outcome>, globals: GlobalOptions) => Promise<void>;

const groups = [
  addSetup,
  addPassword,
  addUsers,
  addQuotas,
  addAi,
  addConnections,
  addStorage,
  addDeletions,
  addAudit,
  addVault,
  addSettings,
  addDemo,
  addServe,
  addCall,
];

/** The command line's grammar. `say` gets help texts, which are an answer like any other. */
export function makeProgram(version: string, execute: Execute, say: (text: string) => void): Command {
  const program = new Command('qm');
  program
    .description('Quartermaster: run a document-storage platform, and remove a user completely, with proof.')
    .usage('[--workspace DIR] [--admin MAIL] [--json] <group> <verb> …')
    .version(version, '-V, --version', 'which version this is')
    .helpOption('-h, --help', 'this text; after a group or verb, the text about that')
    .helpCommand(false)
    .addOption(new Option('--workspace <dir>', "the workspace's folder (QM_WORKSPACE)"))
    .addOption(new Option('--admin <mail>', 'the administrator who acts (QM_ADMIN)'))
    .addOption(new Option('--json', 'one JSON value on standard output, progress as JSON lines on standard error'))
    .addOption(new Option('--password-stdin', "the administrator's password comes on standard input"))
    .addOption(new Option('--password-file <file>', '… or stands in this file (QM_PASSWORD_FILE); else it is asked'))
    .addOption(
      new Option('--passphrase-file <file>', "the vault's passphrase, where there is no keychain (QM_PASSPHRASE_FILE)"),
    )
    .showSuggestionAfterError(true)
    .exitOverride()
    .configureOutput({ writeOut: say, writeErr: say, outputError: () => {} })
    .addHelpText('after', OVERVIEW);
  const carry: Carry = (run) => execute(run, program.opts());
  for (const add of groups) add(program, carry);
  for (const group of program.commands) finishGroup(group);
  return program;
}

function finishGroup(group: Command): void {
  group.helpCommand(false).addHelpText('after', ENVIRONMENT);
  for (const verb of group.commands) finishGroup(verb);
}

/** Commander's complaint as ours: one sentence. */
export function usageOf(error: CommanderError): UsageError {
  if (error.code === 'commander.help') return new UsageError('A command is missing.');
  const sentence = error.message
    .replace(/^error: /, '')
    .replace(/\s*\n\s*/g, ' ')
    .replace(/^./, (first) => first.toUpperCase());
  return new UsageError(/[.?!)]$/.test(sentence) ? sentence : `${sentence}.`);
}

/** Help and version end the parsing as if they were errors; they are answers. */
export function isAnswer(error: CommanderError): boolean {
  return error.code === 'commander.helpDisplayed' || error.code === 'commander.version';
}
