/**
 * Keys are text and hrefs are percent-encoded bytes. The two map onto each other without loss (S8): a byte that is no
 * UTF-8, an encoded slash, and a NUL stand in a key as U+FFFD followed by `%XX`. A genuine U+FFFD stays what it is, unless
 * such digits follow it by chance: then its own three bytes are written so. A name with such a byte is shown as what it is,
 * and found again under it.
 */
const MARK = '\uFFFD';
const NEEDS_MARKS = /[/\0]|\uFFFD%[0-9A-F]{2}/;
const utf8 = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/** A name in an href that is none: a bad escape, a dot segment, or an encoded slash that leads out of its folder. */
export class BadHref extends Error {
  override readonly name = 'BadHref';
}

/**
 * One segment of an href as the text of a key. Throws `BadHref` for a broken escape, and for `.` and `..` in every
 * disguise, since servers and proxies resolve those (RFC 3986, section 5.2.4).
 */
export function segmentToText(segment: string): string {
  const text = /^[\x21-\x24\x26-\x7e]*$/.test(segment) ? segment : bytesToText(unescapeBytes(segment));
  const parts = text.replaceAll(`${MARK}%2F`, '/').split(/[/\\]/);
  if (parts.some((part) => part === '.' || part === '..'))
    throw new BadHref(`a name leads out of its folder: ${show(segment)}`);
  return text;
}

function unescapeBytes(segment: string): Buffer {
  const source = Buffer.from(segment, 'utf8');
  const bytes = Buffer.alloc(source.length);
  let length = 0;
  for (let at = 0; at < source.length; at += 1) {
    let byte = source[at] ?? 0;
    if (byte === 0x25) {
      const digits = source.toString('latin1', at + 1, at + 3);
      if (!/^[0-9A-Fa-f]{2}$/.test(digits)) throw new BadHref(`a broken escape: ${show(segment)}`);
      byte = Number.parseInt(digits, 16);
      at += 2;
    }
    bytes[length] = byte;
    length += 1;
  }
  return bytes.subarray(0, length);
}

function bytesToText(bytes: Buffer): string {
  const whole = decodeOrNull(bytes);
  if (whole !== null && !NEEDS_MARKS.test(whole)) return whole;
  let text = '';
  for (let at = 0; at < bytes.length; ) {
    const width = sequenceLength(bytes, at);
    const decoded = width === 0 ? null : decodeOrNull(bytes.subarray(at, at + width));
    const followed = decoded === MARK ? decoded + bytes.toString('latin1', at + width, at + width + 3) : decoded;
    if (decoded !== null && followed !== null && !NEEDS_MARKS.test(followed)) {
      text += decoded;
      at += width;
    } else {
      text += MARK + escapeByte(bytes[at] ?? 0);
      at += 1;
    }
  }
  return text;
}

function decodeOrNull(bytes: Uint8Array): string | null {
  try {
    return utf8.decode(bytes);
  } catch {
    return null;
  }
}

/** How long the UTF-8 sequence that begins here says it is; 0 where no sequence begins. */
function sequenceLength(bytes: Buffer, at: number): number {
  const first = bytes[at] ?? 0;
  const width = first < 0x80 ? 1 : first < 0xc2 ? 0 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 0;
  return at + width <= bytes.length ? width : 0;
}

function escapeByte(byte: number): string {
  return `%${byte.toString(16).toUpperCase().padStart(2, '0')}`;
}

/**
 * The text of one segment as it is sent: everything but RFC 3986's unreserved characters is escaped, since some servers
 * take a bare `;` or `+` for something else.
 */
export function textToSegment(text: string): string {
  return text
    .split(/(\uFFFD%[0-9A-F]{2})/)
    .map((part, index) =>
      index % 2 === 1
        ? part.slice(1)
        : encodeURIComponent(part).replace(/[!'()*]/g, (mark) => escapeByte(mark.charCodeAt(0))),
    )
    .join('');
}

/** A key as a path to send, without a leading slash; a folder's key keeps its slash at the end. */
export function keyToPath(key: string): string {
  return key.split('/').map(textToSegment).join('/');
}

/** Whether two ways to write this key as a path exist that a careless server could tell apart. */
export function hasManySpellings(key: string): boolean {
  return /[^A-Za-z0-9\-._~/]/.test(key);
}

/**
 * Why a key is no path within a root, or null if it is one. An object's key does not end with a slash, a folder's does.
 */
export function flawOfKey(key: string, kind: 'object' | 'folder'): string | null {
  if (key === '' || key === '/') return 'it names the root itself';
  if (kind === 'folder' && !key.endsWith('/')) return 'a folder’s key ends with a slash';
  const segments = (kind === 'folder' ? key.slice(0, -1) : key).split('/');
  if (segments.some((segment) => segment === '')) return 'it has an empty part';
  if (!key.isWellFormed()) return 'it is no valid text';
  try {
    for (const segment of segments) segmentToText(textToSegment(segment));
  } catch {
    return 'it leads out of the root';
  }
  return null;
}

/**
 * Makes of an href what can stand in a request line: raw UTF-8 as its bytes, which Node takes as Latin-1 text; blanks and
 * control characters escaped. Everything else goes as the server gave it.
 */
export function toRequestPath(path: string): string {
  return Buffer.from(path, 'utf8')
    .toString('latin1')
    .replace(/[\x00-\x20\x7f]/g, (mark) => escapeByte(mark.charCodeAt(0)));
}

/** An href in a message: short, on one line. */
export function show(text: string): string {
  const line = text.replace(/[\x00-\x1f\x7f\u2028\u2029]/g, '?');
  return line.length > 120 ? `${line.slice(0, 117)}…` : line;
}
