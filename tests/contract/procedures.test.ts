import { ORPCError } from '@orpc/client';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { errorCodes } from '../../src/contract/errors.ts';
import { acts, beforeSignIn, reads } from '../../src/main/router/acts.ts';
import { callByPath, everyProcedure, junkInputs } from '../support/procedures.ts';
import { openSetUpConsole, type TestConsole } from '../support/test-console.ts';

const procedures = everyProcedure();
const known = new Set<string>([...errorCodes, 'BAD_REQUEST']);

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

describe('the contract', () => {
  test('X3: every procedure has a schema for what goes in and for what comes out', () => {
    expect(procedures.length).toBeGreaterThan(50);
    for (const { name, input, output } of procedures) {
      expect(input, name).toBeDefined();
      expect(output, name).toBeDefined();
    }
  });

  test('A3: every procedure is an act, a read, or before sign-in, and no name is left over', () => {
    const sorted = (names: Iterable<string>) => [...names].sort();
    expect(sorted([...Object.keys(acts), ...reads, ...beforeSignIn])).toEqual(
      sorted(procedures.map(({ name }) => name)),
    );
  });

  test('U6: no procedure acts as somebody else', () => {
    for (const { name } of procedures)
      expect(name).not.toMatch(/imperson|actAs|become|sudo|switchUser|loginAs|signInAs|onBehalf/i);
  });

  test('C1: no answer schema has a field for a secret', async () => {
    const { z } = await import('zod');
    for (const { name, output } of procedures) {
      if (typeof output !== 'object' || output === null || !('_zod' in output)) continue;
      const fields = JSON.stringify(z.toJSONSchema(output as never, { unrepresentable: 'any' })); // Any zod schema will do.
      expect(fields, name).not.toMatch(
        /"(password|passwordHash|secret|secretKey|credentials|passphrase|seal|refreshToken)":/i,
      );
    }
  });
});

describe('every procedure in process', () => {
  let opened: TestConsole;

  beforeAll(async () => {
    opened = await openSetUpConsole();
  });
  afterAll(async () => {
    await opened.dispose();
  });

  test.each(procedures.filter(({ name }) => !beforeSignIn.has(name)))(
    'X1: $name without a session is refused before its input is looked at',
    async ({ path }) => {
      const stranger = opened.console.client(opened.console.connect());
      for (const input of [{}, { surprise: 1 }, null, 'junk'])
        expect((await failureOf(callByPath(stranger, path, input)))?.code).toBe('NOT_SIGNED_IN');
    },
  );

  test.each(procedures)('X3: $name refuses what it does not know', async ({ path }) => {
    const failure = await failureOf(callByPath(opened.client, path, { surprise: 1 }));
    expect(failure?.code).toBe('BAD_REQUEST');
  });

  test.each(procedures.filter(({ name }) => name !== 'session.signOut'))(
    'X3: $name answers junk with a known code and a sentence, and nothing of the inside',
    async (procedure) => {
      for (const input of junkInputs(procedure)) {
        const failure = await failureOf(callByPath(opened.client, procedure.path, input));
        if (!failure) continue;
        expect(known, `${failure.code}: ${failure.message}`).toContain(failure.code);
        if (failure.code !== 'BAD_REQUEST') expect(procedure.errorCodes, procedure.name).toContain(failure.code);
        const answer = JSON.stringify([failure.message, failure.data]);
        expect(answer).not.toMatch(/sqlite|SELECT |INSERT |\.ts:\d|node_modules|at .*\(.*:\d+:\d+\)/);
      }
    },
    120_000,
  );
});
