import type { Deletion, Plan } from '../../../../contract/deletions.ts';
import type { Invocation } from '../invocation.ts';
import { countOf, formatCount, formatSize } from '../sizes.ts';
import { type Column, fields, table } from '../table.ts';
import { printable } from '../text.ts';
import { exactTime, relativeTime } from '../times.ts';

/** What a removal there amounts to, in words. */
const finalities: Readonly<Record<Plan['backends'][number]['finality'], string>> = {
  final: 'for good',
  trash: "into the cloud's trash",
  retained: 'kept for a while by a lock or versioning',
  unknown: 'the server does not say',
};

export function planText(plan: Plan, invocation: Invocation): string {
  const counts = plan.backends.reduce((sum, one) => ({ count: sum.count + one.count, bytes: sum.bytes + one.bytes }), {
    count: 0,
    bytes: 0,
  });
  const backends = table(
    plan.backends,
    [
      { title: 'WHERE', value: (row) => row.label, canShrink: true },
      { title: 'KIND', value: (row) => row.kind, canGo: 1 },
      { title: 'OBJECTS', value: (row) => (row.reachable ? formatCount(row.count) : '?'), align: 'right' },
      { title: 'SIZE', value: (row) => (row.reachable ? formatSize(row.bytes) : '?'), align: 'right' },
      { title: 'KEPT', value: (row) => formatCount(row.kept), align: 'right' },
      { title: 'REMOVAL', value: (row) => (row.reachable ? finalities[row.finality] : 'UNREACHABLE') },
    ],
    { empty: 'Nothing is stored anywhere.', width: invocation.width },
  );
  const notes = plan.backends
    .filter(({ note }) => note !== null)
    .map(({ label, note }) => `${printable(label)}: ${printable(note ?? '')}`);
  const unreachable = plan.backends.filter(({ reachable }) => !reachable);
  return [
    fields([
      ['Plan', plan.id],
      ['User', plan.mail ?? plan.userId],
      ['Hash', plan.hash],
      ['Made', exactTime(plan.createdAt, invocation.terminal.now())],
      ['Planned', `${countOf(counts.count, 'object')}, ${formatSize(counts.bytes)}`],
    ]),
    backends,
    ...(notes.length > 0 ? [notes.join('\n')] : []),
    ...(unreachable.length > 0
      ? [
          `${countOf(unreachable.length, 'backend')} could not be reached. The deletion waits for ${unreachable.length === 1 ? 'it' : 'them'} unless it is started with --without-unreachable.`,
        ]
      : []),
    `Nothing was changed. To remove the user for good:\n  qm deletions start ${plan.id} --confirm ${plan.mail ?? 'MAIL'}`,
  ].join('\n\n');
}

export function deletionColumns(now: number): Column<Deletion>[] {
  return [
    { title: 'ID', value: (row) => row.id },
    { title: 'USER', value: (row) => row.mail ?? row.userId, canShrink: true },
    { title: 'STATE', value: (row) => row.state },
    { title: 'WAITS FOR', value: (row) => row.waitingFor?.reason ?? '–' },
    {
      title: 'REMOVED',
      value: (row) => formatCount(row.backends.reduce((sum, one) => sum + one.removed, 0)),
      align: 'right',
    },
    {
      title: 'LEFT OVER',
      value: (row) => formatCount(row.backends.reduce((sum, one) => sum + one.leftovers, 0)),
      align: 'right',
    },
    { title: 'STARTED', value: (row) => relativeTime(row.startedAt, now), canGo: 2 },
    { title: 'ENDED', value: (row) => relativeTime(row.endedAt, now), canGo: 1 },
  ];
}

export function deletionText(deletion: Deletion, invocation: Invocation): string {
  const now = invocation.terminal.now();
  const parts = [
    fields([
      ['Deletion', deletion.id],
      ['User', deletion.mail ?? deletion.userId],
      ['State', deletion.state],
      ['Started', exactTime(deletion.startedAt, now)],
      ['Removal began', deletion.firstRemovalAt === null ? null : exactTime(deletion.firstRemovalAt, now)],
      ['Ended', deletion.endedAt === null ? null : exactTime(deletion.endedAt, now)],
      ['Certificate', deletion.certificateHash],
    ]),
    table(
      deletion.backends,
      [
        { title: 'WHERE', value: (row) => row.label, canShrink: true },
        { title: 'STATE', value: (row) => row.state },
        { title: 'PLANNED', value: (row) => formatCount(row.planned), align: 'right' },
        { title: 'REMOVED', value: (row) => formatCount(row.removed), align: 'right' },
        { title: 'SIZE', value: (row) => formatSize(row.removedBytes), align: 'right', canGo: 2 },
        { title: 'ABSENT', value: (row) => formatCount(row.absent), align: 'right', canGo: 1 },
        { title: 'KEPT', value: (row) => formatCount(row.kept), align: 'right' },
        { title: 'LEFT OVER', value: (row) => formatCount(row.leftovers), align: 'right' },
        { title: 'REMOVAL', value: (row) => finalities[row.finality], canGo: 3 },
      ],
      { empty: 'Nothing was stored anywhere.', width: invocation.width },
    ),
  ];
  if (deletion.leftovers.length > 0) parts.push(leftoversText(deletion, invocation));
  const next = nextText(deletion, now);
  if (next) parts.push(next);
  return parts.join('\n\n');
}

function leftoversText(deletion: Deletion, invocation: Invocation): string {
  const labels = new Map(deletion.backends.map(({ id, label }) => [id, label]));
  const all = deletion.backends.reduce((sum, { leftovers }) => sum + leftovers, 0);
  const list = table(
    deletion.leftovers,
    [
      { title: 'LEFT OVER', value: (row) => row.ref, canShrink: true },
      { title: 'WHERE', value: (row) => labels.get(row.backendId) ?? row.backendId, canShrink: true },
      { title: 'AGAIN', value: (row) => (row.retryable ? 'yes' : 'no') },
      { title: 'WHY', value: (row) => row.reason },
    ],
    { empty: '', width: invocation.width },
  );
  const more =
    all > deletion.leftovers.length
      ? `\n… and ${formatCount(all - deletion.leftovers.length)} more; all stand on the certificate.`
      : '';
  return list + more;
}

/** What somebody can do now, with the command for it. */
function nextText(deletion: Deletion, now: number): string | null {
  const { id, state, waitingFor } = deletion;
  const left = deletion.backends.reduce((sum, { leftovers }) => sum + leftovers, 0);
  if (state === 'done')
    return (
      `Done${left > 0 ? `, with ${countOf(left, 'object')} left over` : ''}. The certificate: qm deletions certificate ${id} --out cert.json` +
      (deletion.leftovers.some(({ retryable }) => retryable) ? `\nLeftovers again: qm deletions retry ${id}` : '')
    );
  if (state === 'cancelled') return 'Called off.';
  const doubt = unansweredText(deletion);
  if (state === 'paused') return `Paused.${doubt} Go on with: qm deletions resume ${id}`;
  if (!waitingFor) return null;
  return `It waits: ${printable(waitingFor.message)}${doubt}\n${answerTo(waitingFor.reason, id)}${again(waitingFor.nextTryAt, now)}`;
}

function again(nextTryAt: string | null, now: number): string {
  return nextTryAt === null ? '' : `\nThe next try is due ${exactTime(nextTryAt, now)}.`;
}

/** A server that fell silent may have removed what it was asked for: a count of 0 removed is then not the whole truth. */
function unansweredText({ backends }: Deletion): string {
  const count = backends.reduce((sum, { unanswered }) => sum + unanswered, 0);
  return count === 0
    ? ''
    : ` The removal of ${countOf(count, 'object')} was asked for and not answered: any may be gone.`;
}

function answerTo(reason: NonNullable<Deletion['waitingFor']>['reason'], id: string): string {
  const resume = `qm deletions resume ${id}`;
  switch (reason) {
    case 'growth':
      return `Remove that too: ${resume} --accept-growth`;
    case 'review':
      return `Leave what is left over and finish: ${resume} --finish-review\nOr try it again first: qm deletions retry ${id}`;
    case 'vault':
      return `Give the passphrase or unlock the keychain, then: ${resume}`;
    case 'reauthorise':
      return `Put the credentials right (qm connections update, qm storage update), then: ${resume}\nOr go on without: ${resume} --best-effort`;
    case 'hidden':
      return `Move or remove that object on the server, then: ${resume}`;
    case 'offline':
    case 'backend':
      return `It goes on by itself while 'qm serve' or the app runs. Try now: ${resume}\nOr go on without: ${resume} --without-unreachable, or --best-effort`;
  }
}
