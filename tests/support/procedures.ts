import { isContractProcedure } from '@orpc/contract';
import type { z } from 'zod';
import { contract } from '../../src/contract/index.ts';

export interface Procedure {
  /** `group.verb`. */
  readonly name: string;
  readonly path: readonly string[];
  readonly input: z.ZodType | undefined;
  readonly output: unknown;
  readonly errorCodes: readonly string[];
}

/** Every procedure of the contract, found by walking it: a new one cannot be forgotten. */
export function everyProcedure(): Procedure[] {
  const found: Procedure[] = [];
  const walk = (node: unknown, path: string[]): void => {
    if (isContractProcedure(node)) {
      const { inputSchema, outputSchema, errorMap } = node['~orpc'];
      found.push({
        name: path.join('.'),
        path,
        input: inputSchema as z.ZodType | undefined, // The contract is written with zod alone.
        output: outputSchema,
        errorCodes: Object.keys(errorMap),
      });
      return;
    }
    if (typeof node === 'object' && node !== null)
      for (const [key, child] of Object.entries(node)) walk(child, [...path, key]);
  };
  walk(contract, []);
  return found;
}

/** Calls a procedure by its path on any client, with any input. */
export async function callByPath(client: unknown, path: readonly string[], input: unknown): Promise<unknown> {
  let target: unknown = client;
  for (const part of path) target = (target as Record<string, unknown>)[part]; // A client is a tree of callables.
  return await (target as (input: unknown) => Promise<unknown>)(input);
}

/** Values that a careless reader of input trips over, for every field and for the input as a whole. */
export const junk: readonly unknown[] = [
  null,
  undefined,
  0,
  -1,
  1.5,
  Number.MAX_SAFE_INTEGER,
  true,
  '',
  ' ',
  'x',
  "'; DROP TABLE users; --",
  '../../etc/passwd',
  '%00',
  '\u0000',
  '__proto__',
  'constructor',
  'a'.repeat(100_000),
  '\ud800',
  '💥',
  [],
  [[]],
  {},
  { __proto__: null },
  { constructor: { prototype: { isAdmin: true } } },
  new Date(0),
  new Map([['a', 1]]),
  10n ** 30n,
];

/** Inputs made of junk: the whole, and each known field of the schema filled with it. */
export function junkInputs(procedure: Procedure): unknown[] {
  const inputs: unknown[] = [...junk, { surprise: 1 }];
  for (const field of fieldsOf(procedure.input)) for (const value of junk) inputs.push({ [field]: value });
  for (const value of junk) inputs.push(Object.fromEntries(fieldsOf(procedure.input).map((field) => [field, value])));
  return inputs;
}

function fieldsOf(schema: z.ZodType | undefined): string[] {
  const definition = schema?._zod.def as unknown as { shape?: Record<string, unknown>; options?: z.ZodType[] }; // zod's own introspection.
  if (definition?.shape) return Object.keys(definition.shape);
  return [...new Set((definition?.options ?? []).flatMap(fieldsOf))];
}
