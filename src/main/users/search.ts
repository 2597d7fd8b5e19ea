import { normaliseMailKey } from '../session/index.ts';

/** Three letters or more are found anywhere, through the trigram index; fewer only at a beginning. */
export type SearchTerm =
  | { readonly kind: 'anywhere'; readonly phrase: string }
  | { readonly kind: 'beginning'; readonly patterns: readonly string[]; readonly mailPattern: string };

/** What was typed into a search field as a term for SQLite, or null where it says nothing. */
export function searchTerm(typed: string | undefined): SearchTerm | null {
  // FTS5 reads its query up to the first NUL; no name holds one.
  const text = (typed ?? '').toWellFormed().normalize('NFC').replaceAll('\u0000', '').trim();
  const letters = [...text];
  if (letters.length === 0) return null;
  if (letters.length >= 3) return { kind: 'anywhere', phrase: `"${text.replaceAll('"', '""')}"` };
  return {
    kind: 'beginning',
    patterns: inEveryCase(letters).map(beginning),
    mailPattern: beginning(normaliseMailKey(text)),
  };
}

function beginning(text: string): string {
  return `${text.replace(/[\\%_]/g, '\\$&')}%`;
}

/** LIKE takes upper and lower case as the same in ASCII alone: of other letters both are asked for. */
function inEveryCase(letters: readonly string[]): string[] {
  const cases = letters.map((letter) =>
    /[\u0000-\u007f]/.test(letter) ? [letter] : [...new Set([letter.toLowerCase(), letter.toUpperCase()])],
  );
  return cases.reduce<string[]>((texts, next) => texts.flatMap((text) => next.map((letter) => text + letter)), ['']);
}
