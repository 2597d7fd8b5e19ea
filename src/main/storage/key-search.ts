/** What was typed to find documents by, in two stages: patterns that SQLite leaves little over of, and the exact word on that. */
export interface KeySearch {
  /** For LIKE with a backslash as its escape; a key that is wanted matches one of them. */
  readonly patterns: readonly string[];
  accepts(key: string): boolean;
}

/**
 * Three letters or more are found anywhere in a key; fewer only where a name begins, at the key's start or after a slash.
 * Upper and lower case are the same, and so are the Unicode forms of a letter. Null where nothing was typed.
 */
export function keySearch(typed: string | undefined): KeySearch | null {
  const text = fold((typed ?? '').toWellFormed()).trim();
  const letters = [...text];
  if (letters.length === 0) return null;
  const pattern = letters.map(inPattern).join('');
  if (letters.length >= 3) return { patterns: [`%${pattern}%`], accepts: (key) => fold(key).includes(text) };
  const begins = (key: string) => key.startsWith(text) || key.includes(`/${text}`);
  return { patterns: [`${pattern}%`, `%/${pattern}%`], accepts: (key) => begins(fold(key)) };
}

function fold(text: string): string {
  return text.toLowerCase().normalize('NFC');
}

/** LIKE knows upper and lower case of ASCII alone: in place of any other letter it lets anything pass. */
function inPattern(letter: string): string {
  if (/[\\%_]/.test(letter)) return `\\${letter}`;
  return /[\u0001-\u007f]/.test(letter) ? letter : '%';
}
