/** Three letters or more are found anywhere, through the trigram index; fewer only at a beginning. */
export type SearchTerm =
  | { readonly kind: 'anywhere'; readonly phrase: string }
  | { readonly kind: 'beginning'; readonly pattern: string };

/** What was typed into a search field as a term for SQLite, or null where it says nothing. */
export function searchTerm(typed: string | undefined): SearchTerm | null {
  // FTS5 reads its query up to the first NUL; no name holds one.
  const text = (typed ?? '').normalize('NFC').replaceAll('\u0000', '').trim();
  if (text === '') return null;
  if ([...text].length >= 3) return { kind: 'anywhere', phrase: `"${text.replaceAll('"', '""')}"` };
  return { kind: 'beginning', pattern: `${text.replace(/[\\%_]/g, '\\$&')}%` };
}
