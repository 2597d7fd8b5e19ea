import { getEventMeta } from '@orpc/client';
import type { AnyContractProcedure } from '@orpc/contract';
import type { Command } from 'commander';
import { z } from 'zod';
import { contract } from '../../../../contract/index.ts';
import { beforeSignIn } from '../../../router/index.ts';
import { hasCode, UsageError } from '../failures.ts';
import { readText } from '../input-files.ts';
import type { Invocation } from '../invocation.ts';
import { type Carry, describe, flag, type Outcome } from '../verb.ts';

const MAX_INPUT_BYTES = 64 * 1024 * 1024;

export function addCall(program: Command, carry: Carry): void {
  const command = program
    .command('call')
    .description('Call any procedure of the contract with JSON; without one, list them all.');
  describe(command, carry, {
    maybe: { procedure: 'group.verb', json: "its input as JSON; '-' reads it from standard input; {} if left out" },
    options: { schema: flag('--schema', 'show what the procedure takes, as JSON Schema, instead of calling it') },
    examples: [
      'call users.show \'{"user":"ada@example.org"}\'',
      'call users.create - < user.json',
      'call deletions.start --schema',
    ],
    async run({ procedure: name, json }, { schema }, invocation) {
      if (name === undefined) return { value: procedureNames(), text: procedureNames().join('\n') };
      const procedure = findProcedure(name);
      if (schema) return showSchema(procedure);
      const input = await readInput(json, invocation);
      return call(name, input, invocation);
    },
  });
}

function procedureNames(): string[] {
  return Object.entries(contract).flatMap(([group, verbs]) => Object.keys(verbs).map((verb) => `${group}.${verb}`));
}

function findProcedure(name: string): AnyContractProcedure {
  const found = procedureNames().find((known) => known === name);
  const [group = '', verb = ''] = name.split('.');
  const procedure: unknown = found && Reflect.get(Reflect.get(contract, group), verb);
  if (!procedure) throw new UsageError(`There is no procedure ${name}. 'qm call' lists them all.`);
  return procedure as AnyContractProcedure; // Everything on the second level of the contract is a procedure.
}

function showSchema(procedure: AnyContractProcedure): Outcome {
  const { inputSchema } = procedure['~orpc'];
  const schema =
    inputSchema instanceof z.ZodType ? z.toJSONSchema(inputSchema, { io: 'input', unrepresentable: 'any' }) : {};
  return { value: schema, text: JSON.stringify(schema, null, 2) };
}

async function readInput(json: string | undefined, invocation: Invocation): Promise<unknown> {
  const text =
    json === '-' ? await readText('-', "the procedure's input", invocation.stdin, MAX_INPUT_BYTES) : (json ?? '{}');
  try {
    return JSON.parse(text);
  } catch (error) {
    throw new UsageError(`The input is not JSON (${error instanceof Error ? error.message : 'unreadable'}).`);
  }
}

async function call(name: string, input: unknown, invocation: Invocation): Promise<Outcome> {
  const [group = '', verb = ''] = name.split('.');
  const line = beforeSignIn.has(name)
    ? { client: (await invocation.open()).client(), stepUp: null }
    : await invocation.signIn();
  // The name was found in the contract above, and every procedure of the client takes one input.
  const procedure = Reflect.get(Reflect.get(line.client, group), verb) as (
    input: unknown,
    options: { signal: AbortSignal },
  ) => Promise<unknown>;
  const send = () => procedure(input, { signal: invocation.signal });
  const answer = await send().catch(async (error: unknown) => {
    if (!line.stepUp || !hasCode(error, 'STEP_UP_REQUIRED')) throw error;
    await line.stepUp();
    return send();
  });
  const value = isStream(answer) ? await lastOf(answer, invocation) : answer;
  return { value, text: JSON.stringify(value, null, 2) };
}

function isStream(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}

/** A procedure that is watched: every event as progress, the last one as the answer. */
async function lastOf(events: AsyncIterable<unknown>, invocation: Invocation): Promise<unknown> {
  let last: unknown = null;
  for await (const event of events) {
    last = event;
    invocation.terminal.stderr.write(
      `${JSON.stringify(getEventMeta(event)?.id === undefined ? event : { ...Object(event) })}\n`,
    );
  }
  return last;
}
