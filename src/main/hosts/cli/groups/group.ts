import type { Command } from 'commander';

/** A group of verbs under one word. */
export function addGroup(program: Command, name: string, about: string): Command {
  return program.command(name).description(about);
}

/** The version that a write saw: given by hand, else read just before. */
export async function versionOf(
  given: number | undefined,
  read: () => Promise<{ readonly version: number }>,
): Promise<number> {
  return given ?? (await read()).version;
}

/** The fields that were given; what is undefined is left out, so that the console does not take it for a change. */
export function given<Fields extends Readonly<Record<string, unknown>>>(
  fields: Fields,
): { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> } {
  const kept = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(kept) as { [Key in keyof Fields]?: Exclude<Fields[Key], undefined> }; // Only undefined was dropped.
}
