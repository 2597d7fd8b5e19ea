import type { Command } from 'commander';
import { revealSecret } from '../../../secret.ts';
import { readSecret } from '../input-files.ts';
import { addVerb, type Carry, optional } from '../verb.ts';
import { addGroup } from './group.ts';

export function addPassword(program: Command, carry: Carry): void {
  const group = addGroup(program, 'password', "The administrator's own password.");
  addVerb(group, carry, {
    verb: 'change',
    about: "Change one's own password; one's other sessions end.",
    options: { next: optional('--new-password-file <file>', 'the new password stands in this file; else it is asked') },
    examples: [
      'password change',
      'password change --admin root@example.org --password-file old --new-password-file new',
    ],
    async run(_given, { next }, invocation) {
      const newPassword =
        next === undefined
          ? await invocation.newSecret('New password', 'Give it with --new-password-file F.')
          : await readSecret(next, 'the new password', invocation.stdin);
      const { client } = await invocation.signIn();
      const current = await invocation.password();
      const { changedAt } = await client.session.changePassword({
        current: revealSecret(current, 'proof before the change'),
        next: revealSecret(newPassword, 'the new password'),
      });
      return { value: { changedAt }, text: 'The password was changed.' };
    },
  });
}
