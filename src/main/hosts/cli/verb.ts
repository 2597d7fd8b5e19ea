import { type Command, InvalidArgumentError, Option } from 'commander';
import { readFingerprint } from '../../audit/index.ts';
import type { ExitCode } from './failures.ts';
import type { Invocation } from './invocation.ts';
import { parseSize } from './sizes.ts';
import { parseDuration } from './times.ts';

/** What a command has to say: one JSON value for scripts, text for people. */
export interface Outcome {
  readonly value: unknown;
  readonly text: string;
  readonly exit?: ExitCode;
}

/** One option of a command: how it is written, what it means, and what its text becomes. */
export interface OptionSpec<T> {
  readonly flags: string;
  readonly about: string;
  readonly parse?: (text: string) => unknown;
  readonly isMandatory?: boolean;
  readonly choices?: readonly string[];
  /** Understood, but not in the help. */
  readonly isHidden?: boolean;
  /** Never set: carries the type of the value. */
  readonly value?: T;
}

export type OptionSpecs = Readonly<Record<string, OptionSpec<unknown>>>;
export type ValuesOf<Specs extends OptionSpecs> = {
  readonly [Name in keyof Specs]: Specs[Name] extends OptionSpec<infer T> ? T : never;
};

export const flag = (flags: string, about: string): OptionSpec<boolean> => ({ flags, about });
/** `--x` and `--no-x`: undefined where neither was written. */
export const toggle = (
  name: string,
  about: string,
  aboutNot: string,
): readonly [OptionSpec<boolean | undefined>, OptionSpec<unknown>] => [
  { flags: `--${name}`, about },
  { flags: `--no-${name}`, about: aboutNot },
];
/** `--no-x` alone: false where it was written, else undefined. */
export const negated = (name: string, about: string): OptionSpec<boolean | undefined> => ({
  flags: `--no-${name}`,
  about,
});
export const optional = (flags: string, about: string): OptionSpec<string | undefined> => ({ flags, about });
export const mandatory = (flags: string, about: string): OptionSpec<string> => ({ flags, about, isMandatory: true });

/** For what scripts may write already and nobody has a use for yet. */
export const hidden = <T>(spec: OptionSpec<T>): OptionSpec<T> => ({ ...spec, isHidden: true });

export function choice<const Values extends readonly string[]>(
  flags: string,
  about: string,
  choices: Values,
): OptionSpec<Values[number] | undefined> {
  return { flags, about, choices };
}

export function mandatoryChoice<const Values extends readonly string[]>(
  flags: string,
  about: string,
  choices: Values,
): OptionSpec<Values[number]> {
  return { flags, about, choices, isMandatory: true };
}

/** Bytes, `unlimited`, or undefined where it was not written. (Commander turns an option's null into an empty text.) */
export const size = (flags: string, about: string): OptionSpec<number | 'unlimited' | undefined> => ({
  flags,
  about,
  parse: (text) => sizeOf(text) ?? 'unlimited',
});
/** The fingerprint of an audit key: what is none is wrong usage, and must not look like a forged signature. */
export const fingerprint = (flags: string, about: string): OptionSpec<string | undefined> => ({
  flags,
  about,
  parse(text) {
    const digits = readFingerprint(text);
    if (digits === null) throw new InvalidArgumentError('A fingerprint is 64 hexadecimal digits, all of them.');
    return digits;
  },
});
export const wholeNumber = (flags: string, about: string, least = 0): OptionSpec<number | undefined> => ({
  flags,
  about,
  parse: (text) => wholeNumberOf(text, least),
});
export const duration = (flags: string, about: string): OptionSpec<number | undefined> => ({
  flags,
  about,
  parse(text) {
    const seconds = parseDuration(text);
    if (seconds === null) throw new InvalidArgumentError('Write seconds, or 15m, 2h, 7d.');
    return seconds;
  },
});
export const share = (flags: string, about: string): OptionSpec<number | undefined> => ({
  flags,
  about,
  parse(text) {
    const found = /^(\d{1,4}(?:\.\d{1,4})?)\s?(%?)$/.exec(text.trim());
    if (!found) throw new InvalidArgumentError('Write 80% or 0.8.');
    return found[2] === '%' ? Number(found[1]) / 100 : Number(found[1]);
  },
});

/** Bytes of a size that was typed as an argument; null for `unlimited`. */
export function sizeOf(text: string): number | null {
  try {
    return parseSize(text);
  } catch (error) {
    throw new InvalidArgumentError(error instanceof Error ? error.message : 'It is not a size.');
  }
}

function wholeNumberOf(text: string, least: number): number {
  const number = /^\d{1,15}$/.test(text) ? Number(text) : Number.NaN;
  if (!(number >= least)) throw new InvalidArgumentError(`Write a whole number, ${least} or more.`);
  return number;
}

export interface VerbSpec<Name extends string, Maybe extends string, Specs extends OptionSpecs> {
  /** As it is typed after its group. */
  readonly verb: string;
  /** One sentence. */
  readonly about: string;
  /** Arguments in their order, with what each means; a name in `maybe` may be left out. */
  readonly arguments?: Readonly<Record<Name, string>>;
  readonly maybe?: Readonly<Record<Maybe, string>>;
  readonly options?: Specs;
  /** At least two lines that work when they are typed like that, without the leading `qm`. */
  readonly examples: readonly [string, string, ...string[]];
  readonly isDefault?: boolean;
  readonly run: (
    given: { readonly [Key in Name]: string } & { readonly [Key in Maybe]: string | undefined },
    options: ValuesOf<Specs>,
    invocation: Invocation,
  ) => Promise<Outcome>;
}

/** What carries a verb out once it was understood; given by whoever made the program. */
export type Carry = (run: (invocation: Invocation) => Promise<Outcome>) => Promise<void>;

/** Adds a verb to a group: its arguments, options, help with examples, and what it does. */
export function addVerb<Name extends string, Maybe extends string, Specs extends OptionSpecs>(
  group: Command,
  carry: Carry,
  spec: VerbSpec<Name, Maybe, Specs>,
): void {
  const command = group.command(spec.verb, { isDefault: spec.isDefault ?? false }).description(spec.about);
  describe(command, carry, spec);
}

/** The same for a command that has no verbs of its own, such as `qm setup`. */
export function describe<Name extends string, Maybe extends string, Specs extends OptionSpecs>(
  command: Command,
  carry: Carry,
  spec: Omit<VerbSpec<Name, Maybe, Specs>, 'verb' | 'about'>,
): void {
  const names: string[] = [];
  for (const [name, about] of entries(spec.arguments)) {
    command.argument(`<${name}>`, about);
    names.push(name);
  }
  for (const [name, about] of entries(spec.maybe)) {
    command.argument(`[${name}]`, about);
    names.push(name);
  }
  const attributes = new Map<string, string>();
  for (const [key, option] of Object.entries(spec.options ?? {})) attributes.set(key, addOption(command, option));
  command.addHelpText('after', `\nExamples:\n${spec.examples.map((line) => `  qm ${line}`).join('\n')}`);
  command.action(async (...received: unknown[]) => {
    const given = Object.fromEntries(names.map((name, at) => [name, received[at]]));
    const all: Record<string, unknown> = command.opts();
    const options = Object.fromEntries([...attributes].map(([key, attribute]) => [key, all[attribute]]));
    // Commander has parsed exactly the arguments and options that were declared above, so they have these types.
    await carry((invocation) => spec.run(given as never, options as never, invocation));
  });
}

function entries(record: Readonly<Record<string, string>> | undefined): [string, string][] {
  return Object.entries(record ?? {});
}

function addOption(command: Command, spec: OptionSpec<unknown>): string {
  const option = new Option(spec.flags, spec.about);
  if (spec.choices) option.choices(spec.choices);
  if (spec.parse) option.argParser(spec.parse);
  if (spec.isHidden) option.hideHelp();
  if (spec.isMandatory) option.makeOptionMandatory();
  command.addOption(option);
  const attribute = option.attributeName();
  // Commander makes `--no-x` alone mean "x unless said otherwise"; here what was not written is undefined.
  if (option.negate && command.getOptionValueSource(attribute) === 'default')
    command.setOptionValue(attribute, undefined);
  return attribute;
}
