import type { Act } from '../requests/index.ts';
import type { Domains } from './domains.ts';

type AnswerOf = (act: Act, domains: Domains) => unknown;

const whole: AnswerOf = ({ result }) => result;
const as =
  (name: string): AnswerOf =>
  ({ result }) => ({ [name]: result });
const deletion: AnswerOf = ({ targetId }, { deletions }) => ({ deletion: deletions.show(String(targetId)) });

/**
 * For each write that must not be done twice (R6) the answer, made inside its transaction: of what the transaction answers, or
 * of the row that it has just written. `null`: the answer holds a secret, so only that it was done is kept.
 */
export const keptAnswers: Readonly<Record<string, AnswerOf | null>> = {
  'session.changePassword': ({ result }) => ({ changedAt: new Date(Number(result)).toISOString() }),
  'users.create': as('user'),
  'users.update': as('user'),
  'users.activate': as('user'),
  'users.deactivate': as('user'),
  'quotas.set': whole,
  'ai.addProvider': as('provider'),
  'ai.renameProvider': as('provider'),
  'ai.removeProvider': as('removed'),
  'ai.addModel': as('model'),
  'ai.renameModel': as('model'),
  'ai.removeModel': as('removed'),
  'ai.assign': as('user'),
  'ai.unassign': as('user'),
  'settings.set': as('settings'),
  'storage.add': as('profile'),
  'storage.update': as('profile'),
  'storage.remove': whole,
  'storage.index': (_act, { storage }) => ({ run: storage.indexRuns(1)[0] }),
  'storage.link': null,
  'connections.add': as('connection'),
  'connections.update': as('connection'),
  'connections.test': whole,
  'connections.recordDocuments': whole,
  'connections.remove': whole,
  'deletions.plan': ({ result }, { deletions }) => ({ plan: deletions.showPlan(String(result)) }),
  'deletions.start': deletion,
  'deletions.pause': deletion,
  'deletions.resume': deletion,
  'deletions.cancel': deletion,
};

/** Writes that may be done a second time: what they are for stands after the first as it does after the second. */
export const repeatable: ReadonlySet<string> = new Set([
  'session.signOut',
  // The password is asked on behalf of one process; the next owner has to be shown it too.
  'session.stepUp',
  // A look at a server; a second look is a second entry, and both are true.
  'storage.check',
  'storage.cancelIndex',
  // Goes on with what the first try did not get to.
  'deletions.retry',
]);
