import type { Command } from 'commander';
import { revealSecret } from '../../../secret.ts';
import { exitCodes } from '../failures.ts';
import { fields } from '../table.ts';
import { addVerb, type Carry } from '../verb.ts';
import { addGroup } from './group.ts';

interface Status {
  readonly state: string;
  readonly way: string | null;
  readonly generation: number | null;
  readonly message: string;
}

export function addVault(program: Command, carry: Carry): void {
  const group = addGroup(program, 'vault', 'What keeps the credentials: the keychain, or a passphrase.');

  addVerb(group, carry, {
    verb: 'status',
    about: 'Show whether credentials can be used, and what to do where they cannot.',
    examples: ['vault status', 'vault status --json'],
    async run(_given, _options, invocation) {
      const { client } = await invocation.signIn();
      const status = await client.vault.status({});
      return { value: status, text: textOf(status) };
    },
  });

  addVerb(group, carry, {
    verb: 'unlock',
    about:
      'Open the vault with its passphrase, for as long as the console runs: the app or serve if one is open, else this one command.',
    examples: ['vault unlock', 'vault unlock --passphrase-file pp'],
    async run(_given, _options, invocation) {
      const passphrase = await invocation.passphrase();
      const console = await invocation.open({ leaveLocked: true });
      const status = await console
        .client()
        .vault.unlock({ passphrase: revealSecret(passphrase, 'unlocking the vault') });
      return {
        value: status,
        text: textOf(status),
        exit: status.state === 'available' ? exitCodes.done : exitCodes.failed,
      };
    },
  });
}

function textOf(status: Status): string {
  return fields([
    ['State', status.state],
    ['Opened by', status.way],
    ['Generation', status.generation === null ? null : String(status.generation)],
    ['', status.message],
  ]);
}
