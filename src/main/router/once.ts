import { ORPCError, os } from '@orpc/server';
import { z } from 'zod';
import type { Actor } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { type Done, isRequestId, type Request } from '../requests/index.ts';
import { acts } from './acts.ts';
import type { CallContext } from './context.ts';
import { keptAnswers } from './kept-answers.ts';

interface SignedIn extends CallContext {
  readonly actor: Extract<Actor, { kind: 'administrator' }>;
}

/**
 * A write that a client sends again under the same request id is answered as it was the first time, and not done again (R6).
 * A call without an id is simply done. Runs behind the session check, so that nobody is answered what is another's.
 */
export const onlyOnce = os
  .$context<SignedIn>()
  .middleware(async ({ context, next, path, procedure }, input, output) => {
    const { requestId, connection, actor } = context;
    const name = path.join('.');
    const answerOf = keptAnswers[name];
    const event = acts[name];
    if (requestId === undefined || answerOf === undefined || event === undefined) return next();
    if (!isRequestId(requestId))
      throw new ORPCError('BAD_REQUEST', { message: 'A request id is a UUID of version 4, in small letters.' });
    const { requests } = connection.domains;
    const request: Request = { id: requestId, actorId: actor.id, procedure: name, input };
    const before = requests.find(request);
    if (before) return output(answerFrom(before));
    const { outputSchema } = procedure['~orpc'];
    try {
      return await requests.during(
        request,
        event,
        (act) => {
          if (answerOf === null) return undefined;
          const answer = answerOf(act, connection.domains);
          // Only what the contract lets out is kept.
          return outputSchema instanceof z.ZodType ? outputSchema.parse(answer) : undefined;
        },
        async () => next(),
      );
    } catch (error) {
      // The same call came on two lines at once and the other one was first: this one was undone.
      const meanwhile = requests.find(request);
      if (meanwhile) return output(answerFrom(meanwhile));
      throw error;
    }
  });

function answerFrom(done: Done): unknown {
  if (done.is === 'other')
    throw new Refusal(
      'REQUEST_REUSED',
      'The id of this request was used for another one already, so nothing was done. Send it under an id of its own.',
    );
  if (done.answer === undefined)
    throw new Refusal(
      'ANSWER_NOT_KEPT',
      'This was done already, and is not done again. Its answer held a secret, which is kept nowhere: ask for a new one.',
    );
  return done.answer;
}
