import { ORPCError } from '@orpc/client';
import { describe, expect, test } from 'vitest';
import { errorCodes } from '../../src/contract/errors.ts';
import type { ConsoleClient } from '../../src/contract/index.ts';
import { beforeSignIn } from '../../src/main/router/acts.ts';
import { callByPath, everyProcedure, junkInputs } from './procedures.ts';

const procedures = everyProcedure();
const known = new Set<string>([...errorCodes, 'BAD_REQUEST']);
const AT_ONCE = 32;

export interface Lines {
  /** A client on a line that nobody has signed in on. */
  stranger(): Promise<ConsoleClient>;
  /** A client on a line that is signed in, the same one each time: what it is sent makes sign-in wait for a while. */
  administrator(): Promise<ConsoleClient>;
}

/** What holds for every procedure on every host; each transport runs it against its own clients. */
export function everyProcedureHolds(lines: Lines): void {
  describe('every procedure', () => {
    test.each(procedures.filter(({ name }) => !beforeSignIn.has(name)))(
      'X1: $name without a session is refused before its input is looked at',
      async ({ path }) => {
        const client = await lines.stranger();
        for (const input of [{}, { surprise: 1 }, null, 'junk'])
          expect((await failureOf(callByPath(client, path, input)))?.code).toBe('NOT_SIGNED_IN');
      },
    );

    test.each([
      'users.impersonate',
      'users.actAs',
      'session.signInAs',
      'session.become',
      'session.sudo',
      'admin.users.list',
      'users',
      'users.list.list',
      'users.__proto__',
      'constructor',
      '__proto__.polluted',
      '../session/state',
      '%2e%2e/session.state',
      'session/state?x=1#',
    ])('U6: there is no procedure %s', async (name) => {
      for (const client of [await lines.stranger(), await lines.administrator()]) {
        const failure = await failureOf(callByPath(client, name.split('.'), {}));
        expect(failure?.status).toBe(404);
        expect(JSON.stringify([failure?.message, failure?.data])).not.toMatch(
          /\.ts:\d|node_modules|at .*\(.*:\d+:\d+\)/,
        );
      }
    });

    test('X3: refuses what it does not know', async () => {
      const client = await lines.administrator();
      for (const { name, path } of procedures) {
        const failure = await failureOf(callByPath(client, path, { surprise: 1 }));
        expect(failure?.code, name).toBe('BAD_REQUEST');
      }
    });

    test('X3: answers junk with a known code and a sentence, and nothing of the inside', async () => {
      const client = await lines.administrator();
      for (const procedure of procedures.filter(({ name }) => name !== 'session.signOut')) {
        const inputs = junkInputs(procedure);

        for (let start = 0; start < inputs.length; start += AT_ONCE) {
          const batch = inputs
            .slice(start, start + AT_ONCE)
            .map((input) => failureOf(callByPath(client, procedure.path, input)));
          for (const failure of await Promise.all(batch)) {
            if (!failure) continue;
            expect(known, `${procedure.name}: ${failure.code}: ${failure.message}`).toContain(failure.code);
            if (failure.code !== 'BAD_REQUEST') expect(procedure.errorCodes, procedure.name).toContain(failure.code);
            const answer = JSON.stringify([failure.message, failure.data]);
            expect(answer).not.toMatch(/sqlite|SELECT |INSERT |\.ts:\d|node_modules|at .*\(.*:\d+:\d+\)/);
          }
        }
      }
    }, 170_000);
  });
}

async function failureOf(call: Promise<unknown>): Promise<ORPCError<string, unknown> | null> {
  try {
    const answer = await call;
    if (typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer)
      for await (const _ of answer as AsyncIterable<unknown>) break; // The cast follows from the check.
    return null;
  } catch (error) {
    expect(error).toBeInstanceOf(ORPCError);
    return error as ORPCError<string, unknown>; // Checked in the line above.
  }
}
