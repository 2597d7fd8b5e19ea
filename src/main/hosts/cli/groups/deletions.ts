import type { Command } from 'commander';
import { UsageError } from '../failures.ts';
import { table } from '../table.ts';
import { addVerb, type Carry, choice, flag, hidden, mandatory, negated, optional, wholeNumber } from '../verb.ts';
import { addCertificateVerbs } from './deletion-certificate.ts';
import { endedBefore, follow, standsStill, startFollowing } from './deletion-follow.ts';
import { deletionColumns, deletionText, planText } from './deletion-view.ts';
import { addGroup, given } from './group.ts';
import { moreOf, pageOptions, readPages } from './paging.ts';

const ID = "the deletion's id";

export function addDeletions(program: Command, carry: Carry): void {
  const group = addGroup(program, 'deletions', 'Remove a user completely, and prove it.');
  addBeginning(group, carry);
  addReading(group, carry);
  addSteering(group, carry);
  addCertificateVerbs(group, carry);
}

function addBeginning(group: Command, carry: Carry): void {
  addVerb(group, carry, {
    verb: 'plan',
    about: "List everything of a user's and freeze it as a plan; nothing is changed.",
    arguments: { user: 'mail address, id or external id' },
    examples: ['deletions plan ada@example.org', 'deletions plan u001 --json'],
    async run({ user }, _options, invocation) {
      const { client } = await invocation.signIn();
      const { plan } = await client.deletions.plan({ user }, { signal: invocation.signal });
      return { value: plan, text: planText(plan, invocation) };
    },
  });

  addVerb(group, carry, {
    verb: 'start',
    about: 'Confirm a plan and remove the user, following the work until it is done (exit 0) or waits (exit 3).',
    arguments: { plan: "the plan's id" },
    options: {
      confirm: mandatory('--confirm <mail>', "the user's mail address, typed to confirm"),
      withoutUnreachable: flag('--without-unreachable', 'skip what the plan named unreachable'),
      bestEffort: flag('--best-effort', 'skip whatever fails, whenever; never wait'),
      review: flag('--review', 'stop before credentials go if something of a cloud is left over'),
      graceDays: hidden(wholeNumber('--grace-days <days>', 'days in which it can be called off; 0 as yet')),
      noWait: negated('wait', 'confirm and return; the app, serve or "watch" does the work'),
    },
    examples: [
      'deletions start $PLAN --confirm ada@example.org',
      'deletions start $PLAN --confirm ada@example.org --best-effort --json',
    ],
    async run({ plan: planId }, options, invocation) {
      if (options.graceDays) throw new UsageError('A grace period is not there yet: only --grace-days 0.');
      const whenDown = whenDownOf(options);
      const follows = options.noWait !== false;
      const line = await invocation.signIn({ motor: follows });
      await line.stepUp();
      const { deletion } = await line.client.deletions.start({
        planId,
        confirm: options.confirm,
        review: options.review,
        ...given({ whenDown }),
      });
      if (follows) return follow(line.client, deletion, invocation);
      return {
        value: deletion,
        text: `${deletionText(deletion, invocation)}\n\nConfirmed. The work is done by the app, by 'qm serve', or by: qm deletions watch ${deletion.id}`,
      };
    },
  });
}

function addReading(group: Command, carry: Carry): void {
  addVerb(group, carry, {
    verb: 'list',
    about: 'List deletions.',
    options: { state: choice('--state <state>', 'only those', ['running', 'waiting', 'done']), ...pageOptions },
    examples: ['deletions list', 'deletions list --state waiting --json'],
    async run(_given, options, invocation) {
      const { client } = await invocation.signIn();
      const filter = given({ state: options.state });
      const page = await readPages(options, (at) => client.deletions.list({ ...filter, ...at }), invocation.signal);
      const text = table(page.rows, deletionColumns(invocation.terminal.now()), {
        empty: 'There is no deletion.',
        width: invocation.width,
      });
      return { value: page, text: text + moreOf(page.next, 'qm deletions list …') };
    },
  });

  addVerb(group, carry, {
    verb: 'show',
    about: 'Show a deletion: what is removed, what is left, and what it waits for.',
    arguments: { id: ID },
    examples: ['deletions show $ID', 'deletions show $ID --json'],
    async run({ id }, _options, invocation) {
      const { client } = await invocation.signIn();
      const { deletion } = await client.deletions.show({ deletionId: id });
      return { value: deletion, text: deletionText(deletion, invocation) };
    },
  });

  addVerb(group, carry, {
    verb: 'watch',
    about: 'Do the work of a deletion and follow it until it is done (exit 0) or waits (exit 3).',
    arguments: { id: ID },
    examples: ['deletions watch $ID', 'deletions watch $ID --json'],
    async run({ id }, _options, invocation) {
      const { client } = await invocation.signIn({ motor: true });
      const { deletion } = await client.deletions.show({ deletionId: id });
      return startFollowing(client, deletion, invocation);
    },
  });
}

function addSteering(group: Command, carry: Carry): void {
  for (const [verb, about, sentence] of [
    ['pause', 'Pause a deletion after the page that it is at.', 'Paused. Go on with: qm deletions resume'],
    ['cancel', 'Call a deletion off; only before anything was removed.', 'Called off. Nothing was removed.'],
  ] as const)
    addVerb(group, carry, {
      verb,
      about,
      arguments: { id: ID },
      examples: [`deletions ${verb} $ID`, `deletions ${verb} $ID --json`],
      async run({ id }, _options, invocation) {
        const { client } = await invocation.signIn();
        const { deletion } = await client.deletions[verb]({ deletionId: id });
        const said = verb === 'pause' ? `${sentence} ${id}` : sentence;
        return { value: deletion, text: `${said}\n\n${deletionText(deletion, invocation)}` };
      },
    });

  addVerb(group, carry, {
    verb: 'resume',
    about: 'Go on with a deletion that is paused or waits, answering what it asks; then follow it.',
    arguments: { id: ID },
    options: {
      withoutUnreachable: flag('--without-unreachable', 'go on without what the plan named unreachable'),
      bestEffort: flag('--best-effort', 'go on without whatever fails'),
      acceptGrowth: flag('--accept-growth', 'there is more than planned: remove it too'),
      finishReview: flag('--finish-review', 'leave what is left over, and finish'),
      noWait: negated('wait', 'answer and return; the app, serve or "watch" does the work'),
    },
    examples: ['deletions resume $ID', 'deletions resume $ID --accept-growth'],
    async run({ id }, options, invocation) {
      const whenDown = whenDownOf(options);
      const follows = options.noWait !== false;
      const line = await invocation.signIn({ motor: follows });
      const { deletion: before } = await line.client.deletions.show({ deletionId: id });
      if (before.state === 'done') return endedBefore(before, invocation);
      const answers = options.acceptGrowth || options.finishReview || whenDown !== undefined;
      // One that was left in the middle goes on by being followed: there is nothing to answer.
      if (follows && !answers && !standsStill(before)) return follow(line.client, before, invocation);
      await line.stepUp();
      const { deletion } = await line.client.deletions.resume({
        deletionId: id,
        acceptGrowth: options.acceptGrowth,
        finishReview: options.finishReview,
        ...given({ whenDown }),
      });
      if (follows) return follow(line.client, deletion, invocation);
      return { value: deletion, text: deletionText(deletion, invocation) };
    },
  });

  addVerb(group, carry, {
    verb: 'retry',
    about:
      'Try leftovers again where their backend can still be reached; what comes of it stands in an addendum to the certificate.',
    arguments: { id: ID },
    options: { leftover: optional('--leftover <id>', 'only this one') },
    examples: ['deletions retry $ID', 'deletions retry $ID --leftover $LEFTOVER'],
    async run({ id }, { leftover }, invocation) {
      const line = await invocation.signIn({ motor: true });
      await line.stepUp();
      const { deletion } = await line.client.deletions.retry(
        { deletionId: id, ...given({ leftoverId: leftover }) },
        { signal: invocation.signal },
      );
      return follow(line.client, deletion, invocation);
    },
  });
}

function whenDownOf(options: {
  readonly withoutUnreachable: boolean;
  readonly bestEffort: boolean;
}): 'without_unreachable' | 'best_effort' | undefined {
  if (options.withoutUnreachable && options.bestEffort)
    throw new UsageError(
      '--without-unreachable skips what the plan named, --best-effort whatever fails: give one or the other.',
    );
  if (options.bestEffort) return 'best_effort';
  return options.withoutUnreachable ? 'without_unreachable' : undefined;
}
