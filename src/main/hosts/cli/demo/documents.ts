/** One document of the demo: its key below the user's folder, and its text. */
export interface DemoDocument {
  readonly name: string;
  readonly text: string;
}

const sentences = [
  'The delivery of the second part was moved to the end of the month.',
  'Please send the signed copy back by Friday; the original stays with the office.',
  'All amounts are net and do not contain value added tax.',
  'The meeting agreed on the third draft, with the two changes that are marked in the margin.',
  'Measurements were repeated on three days and differ by less than two per cent.',
  'This replaces the version of last spring, which must not be used any more.',
  'Questions go to the address at the top of this page.',
  'The next review takes place in the week after the holidays.',
  'Travel is booked by the department and paid back against receipts.',
  'Nothing in here may be handed on without the consent of both sides.',
] as const;

/** Keys that careless programs read as something else (S8): each user's third and later documents have one of them. */
const oddNames = ['scans/0123', 'scans/1e5', 'final (2) 100%.txt', 'résumé + plan.md', 'photos/😀 notes.txt'] as const;

/** What one user has: always the same for the same number, between 4 and 12 documents of a few kilobytes. */
export function documentsOf(userNumber: number): DemoDocument[] {
  const random = seeded(userNumber + 1);
  const count = 4 + Math.floor(random() * 9);
  return Array.from({ length: count }, (_, at) => makeDocument(at, userNumber, random));
}

export function bytesOf(documents: readonly DemoDocument[]): number {
  return documents.reduce((sum, { text }) => sum + Buffer.byteLength(text), 0);
}

function makeDocument(at: number, userNumber: number, random: () => number): DemoDocument {
  const month = String(1 + Math.floor(random() * 12)).padStart(2, '0');
  const number = 1000 + userNumber * 20 + at;
  const odd = at >= 2 && at % 3 === 2 ? oddNames[(userNumber + at) % oddNames.length] : undefined;
  if (odd) return { name: odd, text: letter(odd, random) };
  if (at % 3 === 0)
    return { name: `letters/2026-${month} letter ${number}.md`, text: letter(`Letter ${number}`, random) };
  return { name: `invoices/2026/${number}.csv`, text: invoice(number, random) };
}

function letter(title: string, random: () => number): string {
  const paragraphs = Array.from({ length: 4 + Math.floor(random() * 40) }, () =>
    Array.from({ length: 3 }, () => sentences[Math.floor(random() * sentences.length)]).join(' '),
  );
  return `# ${title}\n\n${paragraphs.join('\n\n')}\n`;
}

function invoice(number: number, random: () => number): string {
  const lines = Array.from(
    { length: 20 + Math.floor(random() * 200) },
    (_, at) =>
      `${number}-${at + 1},Part ${100 + Math.floor(random() * 900)},${1 + Math.floor(random() * 20)},${(random() * 500).toFixed(2)}`,
  );
  return `position,description,quantity,price\n${lines.join('\n')}\n`;
}

/** The same row of numbers for the same seed (mulberry32), so that every demo holds the same. */
function seeded(seed: number): () => number {
  let state = seed * 0x9e3779b1;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
