import type { Head } from './note.ts';

/** The head of the log as the keychain keeps it. */
export function encodeAnchor(head: Head): Uint8Array {
  return Buffer.from(
    JSON.stringify({ v: 1, size: head.size, root: Buffer.from(head.root).toString('base64') }),
    'utf8',
  );
}

/** Reads an anchor; null where the bytes are none. */
export function decodeAnchor(bytes: Uint8Array): Head | null {
  try {
    const value: unknown = JSON.parse(Buffer.from(bytes).toString('utf8'));
    if (typeof value !== 'object' || value === null || !('size' in value) || !('root' in value)) return null;
    const { size, root } = value;
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0 || typeof root !== 'string') return null;
    const hash = Buffer.from(root, 'base64');
    return hash.length === 32 ? { size, root: hash } : null;
  } catch {
    return null;
  }
}
