import { normaliseMailKey } from '../session/index.ts';

/** Three letters or more are found anywhere, through the trigram index; fewer only at a beginning. */
export type SearchTerm =
  | { readonly kind: 'anywhere'; readonly phrase: string }
  | {
      readonly kind: 'beginning';
      readonly mailBeginnings: readonly string[];
      readonly nameBeginnings: readonly string[];
      readonly externalIdBeginnings: readonly string[];
    };

/** What was typed into a search field as a term for SQLite, or null where it says nothing. */
export function searchTerm(typed: string | undefined): SearchTerm | null {
  // FTS5 reads its query up to the first NUL; no name holds one.
  const text = (typed ?? '').toWellFormed().normalize('NFC').replaceAll('\u0000', '').trim();
  const letters = [...text];
  if (letters.length === 0) return null;
  if (letters.length >= 3) return { kind: 'anywhere', phrase: `"${text.replaceAll('"', '""')}"` };
  return {
    kind: 'beginning',
    mailBeginnings: [normaliseMailKey(text)],
    // The index on names takes upper and lower case as the same in ASCII alone, the one on external ids nowhere.
    nameBeginnings: inEveryCase(letters, (letter) => !isAscii(letter)),
    externalIdBeginnings: letters.every(isAscii) ? inEveryCase(letters, isAscii) : [],
  };
}

function isAscii(letter: string): boolean {
  return /[\u0000-\u007f]/.test(letter);
}

/** The text in both cases of each letter of which that is asked. */
function inEveryCase(letters: readonly string[], ofWhich: (letter: string) => boolean): string[] {
  const cases = letters.map((letter) =>
    ofWhich(letter) ? [...new Set([letter.toLowerCase(), letter.toUpperCase()])] : [letter],
  );
  return cases.reduce<string[]>((texts, next) => texts.flatMap((text) => next.map((letter) => text + letter)), ['']);
}
