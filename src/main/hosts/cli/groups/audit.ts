import type { Command } from 'commander';
import type { AuditEntry, Verification } from '../../../../contract/audit.ts';
import { exitCodes } from '../failures.ts';
import { readText } from '../input-files.ts';
import { countOf } from '../sizes.ts';
import { table } from '../table.ts';
import { relativeTime } from '../times.ts';
import { addVerb, type Carry, choice, fingerprint, optional } from '../verb.ts';
import { addGroup, given } from './group.ts';
import { moreOf, pageOptions, readPages } from './paging.ts';

const MAX_CHECKPOINT_BYTES = 10_000;

export function addAudit(program: Command, carry: Carry): void {
  const group = addGroup(program, 'audit', 'What was done, by whom, and whether the log still holds.');

  addVerb(group, carry, {
    verb: 'list',
    about: 'List the log, newest first.',
    options: {
      event: optional('--event <type>', 'only this type, such as admin.quota_changed'),
      user: optional(
        '--user <user>',
        'only what was done to this user (mail address, id, external id; once deleted: the id)',
      ),
      target: optional('--target <id>', 'only what was done to this id: a user, deletion, connection'),
      actor: optional('--actor <id>', 'only what this administrator did, by id'),
      outcome: choice('--outcome <outcome>', 'only those', ['done', 'refused', 'failed']),
      ...pageOptions,
    },
    examples: ['audit list --user ada@example.org', 'audit list --event admin.user_deleted --json'],
    async run(_given, options, invocation) {
      const { client } = await invocation.signIn();
      const targetId = options.user === undefined ? options.target : await idOf(options.user, client);
      const filter = given({ event: options.event, targetId, actorId: options.actor, outcome: options.outcome });
      const page = await readPages(options, (at) => client.audit.list({ ...filter, ...at }), invocation.signal);
      const now = invocation.terminal.now();
      const text = table(
        page.rows,
        [
          { title: 'NO', value: (row) => String(row.sequence), align: 'right' },
          { title: 'WHEN', value: (row) => relativeTime(row.time, now) },
          { title: 'EVENT', value: (row) => row.event },
          { title: 'OUTCOME', value: (row) => row.outcome },
          { title: 'BY', value: byWhom, canShrink: true },
          {
            title: 'TARGET',
            value: (row) => (row.target ? `${row.target.kind} ${row.target.id}` : '–'),
            canShrink: true,
          },
        ],
        { empty: 'No entry matches.', width: invocation.width },
      );
      return { value: page, text: text + moreOf(page.next, 'qm audit list …') };
    },
  });

  addVerb(group, carry, {
    verb: 'verify',
    about: 'Check the whole log: nothing edited, removed, reordered, cut off or rolled back. Exit 0 only for OK.',
    options: {
      key: fingerprint('--key <fingerprint>', 'fingerprint of the audit key, as it was printed at set-up'),
      checkpoint: optional(
        '--checkpoint <file>',
        "the newest checkpoint that is known from elsewhere ('-': standard input)",
      ),
    },
    examples: ['audit verify', 'audit verify --key FINGERPRINT --checkpoint checkpoint.txt'],
    async run(_given, { key, checkpoint: file }, invocation) {
      const checkpoint =
        file === undefined ? undefined : await readText(file, 'a checkpoint', invocation.stdin, MAX_CHECKPOINT_BYTES);
      const { client } = await invocation.signIn();
      const result = await client.audit.verify(given({ key, checkpoint }));
      return { value: result, text: textOf(result), exit: result.verdict === 'OK' ? exitCodes.done : exitCodes.failed };
    },
  });
}

function textOf(result: Verification): string {
  const lines = [`${result.verdict}  ${result.message}`, `${countOf(result.entries, 'entry', 'entries')} checked.`];
  if (result.firstBad !== null) lines.push(`The first one that does not hold is number ${result.firstBad}.`);
  return lines.join('\n');
}

function byWhom({ actor, onBehalfOf }: AuditEntry): string {
  if (actor.kind === 'console') return onBehalfOf ? `console, for ${onBehalfOf}` : 'console';
  return actor.id ?? actor.kind;
}

const ID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** A deleted user is known by id alone, so an id is taken as it is. */
async function idOf(
  ref: string,
  client: { users: { show(input: { user: string }): Promise<{ user: { id: string } }> } },
): Promise<string> {
  return ID.test(ref) ? ref : (await client.users.show({ user: ref })).user.id;
}
