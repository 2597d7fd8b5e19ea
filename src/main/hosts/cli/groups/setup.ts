import { existsSync, rmSync } from 'node:fs';
import type { Command } from 'commander';
import { contract } from '../../../../contract/index.ts';
import { Refusal } from '../../../refusal.ts';
import { revealSecret, type Secret } from '../../../secret.ts';
import type { Invocation } from '../invocation.ts';
import { fields } from '../table.ts';
import { type Carry, describe, mandatory, type Outcome, optional } from '../verb.ts';
import { checkInput } from './check-input.ts';

export function addSetup(program: Command, carry: Carry): void {
  const command = program
    .command('setup')
    .description('Make a new workspace with its vault and its first administrator.');
  describe(command, carry, {
    options: {
      mail: mandatory('--mail <address>', "the first administrator's mail address"),
      name: mandatory('--name <name>', "the first administrator's name"),
      title: optional('--workspace-name <name>', 'what the platform is called'),
    },
    examples: [
      'setup --mail root@example.org --name Root',
      'setup --mail root@example.org --name Root --password-file pw --passphrase-file pp --workspace ~/platform',
    ],
    run: (_given, { mail, name, title }, invocation) => setUp(invocation, { mail, name, title }),
  });
}

interface SetUp {
  readonly mail: string;
  readonly name: string;
  readonly title?: string | undefined;
}

async function setUp(invocation: Invocation, { mail, name, title }: SetUp): Promise<Outcome> {
  const password = await invocation.newPassword();
  const passphrase = invocation.hasPassphraseFile ? await invocation.newPassphrase() : undefined;
  const input = inputOf({ mail, name, title }, password, passphrase);
  // Looked at before anything is made, so that a bad address leaves no workspace behind.
  checkInput(contract.session.setUp, input);
  const dir = invocation.workspaceDir;
  const isNewFolder = !existsSync(dir);
  try {
    const client = (await invocation.open({ create: true, leaveLocked: true })).client();
    const { workspace, vault } = await client.session.state({});
    if (workspace.isSetUp)
      throw new Refusal(
        'ALREADY_SET_UP',
        `The workspace in ${dir} has its first administrator already. Sign in as that one.`,
      );
    const needed = !vault.keychainUsable && !passphrase ? await invocation.newPassphrase() : undefined;
    const made = await client.session.setUp(needed ? inputOf({ mail, name, title }, password, needed) : input);
    const { vault: opened } = await client.session.state({});
    return {
      value: { userId: made.userId, workspace: dir, auditKey: made.auditKey, vault: opened },
      text: `${fields([
        ['Workspace', dir],
        ['Administrator', mail],
        [
          'Vault',
          opened.way === 'keychain'
            ? "opened by this machine's keychain"
            : 'opened by the passphrase alone: do not lose it',
        ],
        ['Fingerprint of the audit key', made.auditKey],
      ])}\n\nWrite the fingerprint down, away from this machine: with it anybody can check the log and every certificate.`,
    };
  } catch (error) {
    await invocation.close();
    if (isNewFolder) rmSync(dir, { recursive: true, force: true }); // It was made a moment ago and holds nothing of anybody's.
    throw error;
  }
}

function inputOf({ mail, name, title }: SetUp, password: Secret, passphrase: Secret | undefined) {
  return {
    mail,
    name,
    password: revealSecret(password, 'the first administrator at set-up'),
    ...(title === undefined ? {} : { workspaceName: title }),
    ...(passphrase ? { passphrase: revealSecret(passphrase, 'the vault at set-up') } : {}),
  };
}
