/** Without letters and digits that are taken for one another on paper or by ear. */
const LETTERS = 'abcdefghjkmnpqrstuvwxyz23456789';
const GROUPS = 5;
const GROUP_LENGTH = 4;

/** A password to be handed over and changed at once: 20 letters in groups of four, 99 bits. Passed in: random bytes. */
export function suggestPassword(randomBytes: (count: number) => Uint8Array): string {
  const letters: string[] = [];
  while (letters.length < GROUPS * GROUP_LENGTH) {
    for (const byte of randomBytes(64)) {
      // 256 is no multiple of 31: the bytes beyond the last full round would favour the first letters.
      if (byte >= LETTERS.length * 8 || letters.length === GROUPS * GROUP_LENGTH) continue;
      letters.push(LETTERS.charAt(byte % LETTERS.length));
    }
  }
  return Array.from({ length: GROUPS }, (_, i) =>
    letters.slice(i * GROUP_LENGTH, (i + 1) * GROUP_LENGTH).join(''),
  ).join('-');
}

export function secureRandomBytes(count: number): Uint8Array {
  return crypto.getRandomValues(new Uint8Array(count));
}
