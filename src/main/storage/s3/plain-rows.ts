import type { XmlLimits } from './read-xml.ts';

/** The leaves of one entry that matter, as text. */
export interface PlainRow {
  key: string | null;
  size: string | null;
  etag: string | null;
  time: string | null;
}

export interface PlainRows {
  readonly rows: readonly PlainRow[];
  /** The document with one empty entry where all of these stood. */
  readonly rest: string;
}

const OPEN = '<Contents>';
const CLOSE = '</Contents>';
const PLACEHOLDER = '<Contents/>';
/** What a parser refuses or changes: control characters, ends of lines, and what would end a CDATA section. */
const NOT_PLAIN = /[\u0000-\u0008\u000b-\u001f\ufffe\uffff]|\]\]>/;
const QUOTE = '&#34;';

/**
 * The entries of a list in the one form that S3 servers write them in: side by side, each a row of leaves, without
 * attributes, comments, white space or references but the quotes around an ETag. Null where anything is otherwise; then
 * the parser of XML reads the whole. A parser looks at every character on its own, which is most of what a list costs.
 */
export function plainRows(text: string, limits: XmlLimits): PlainRows | null {
  const start = text.indexOf(OPEN);
  if (start < 0) return null;
  const end = text.lastIndexOf(CLOSE) + CLOSE.length;
  if (end < start || NOT_PLAIN.test(text)) return null;
  const [before, after] = [text.slice(0, start), text.slice(end)];
  // The one empty entry in the rest is ours alone.
  if (before.includes('<Contents') || after.includes('<Contents')) return null;
  const rows: PlainRow[] = [];
  let leaves = 0;
  for (let at = start; at < end; ) {
    if (!text.startsWith(OPEN, at)) return null;
    at += OPEN.length;
    const row: PlainRow = { key: null, size: null, etag: null, time: null };
    while (!text.startsWith(CLOSE, at)) {
      const nameEnd = text.indexOf('>', at);
      const valueEnd = text.indexOf('<', nameEnd);
      if (text[at] !== '<' || nameEnd < 0 || valueEnd < 0 || valueEnd - nameEnd > limits.maxTextLength) return null;
      const name = text.slice(at + 1, nameEnd);
      const value = text.slice(nameEnd + 1, valueEnd);
      if (!text.startsWith(`</${name}>`, valueEnd) || !keep(row, name, value)) return null;
      at = valueEnd + name.length + 3;
      leaves += 1;
    }
    at += CLOSE.length;
    rows.push(row);
  }
  if (leaves + rows.length > limits.maxElements) return null;
  return { rows, rest: before + PLACEHOLDER + after };
}

/** Answers false where it cannot be taken as it stands, or stands twice. */
function keep(row: PlainRow, name: string, value: string): boolean {
  switch (name) {
    case 'Key':
      if (row.key !== null || value.includes('&')) return false;
      row.key = value;
      return true;
    case 'Size':
      if (row.size !== null || value.includes('&')) return false;
      row.size = value;
      return true;
    case 'LastModified':
      if (row.time !== null || value.includes('&')) return false;
      row.time = value;
      return true;
    case 'ETag': {
      if (row.etag !== null) return false;
      const isQuoted = value.startsWith(QUOTE) && value.endsWith(QUOTE) && value.length >= 2 * QUOTE.length;
      const bare = isQuoted ? value.slice(QUOTE.length, -QUOTE.length) : value;
      if (bare.includes('&')) return false;
      row.etag = isQuoted ? `"${bare}"` : bare;
      return true;
    }
    default:
      return !value.includes('&') && /^[A-Za-z]+$/.test(name);
  }
}
