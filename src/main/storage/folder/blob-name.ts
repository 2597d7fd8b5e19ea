import { createHash } from 'node:crypto';
import { StorageError } from '../port.ts';

/** S3's limit, so that a document can move between backends: 1,024 bytes of UTF-8. */
const MAX_KEY_BYTES = 1024;

/** Refuses a key that could not be told apart from another on disk or in the record. */
export function checkKey(key: string): void {
  if (key === '') throw new StorageError('unsafe', 'An empty key was refused.');
  if (/\p{Surrogate}/u.test(key)) throw new StorageError('unsafe', 'A key with half a character was refused.');
  if (Buffer.byteLength(key) > MAX_KEY_BYTES)
    throw new StorageError('unsafe', 'A key of more than 1,024 bytes was refused.');
}

/** Name of the file that holds a key's bytes: SHA-256 of store and key, so that every key works on every file system. */
export function blobName(storeId: string, key: string): string {
  return createHash('sha256').update(`qm-folder-store-v1\0${storeId}\0${key}`).digest('hex');
}

/** Files are spread over 256 folders by the name's first byte. */
export function shardOf(name: string): string {
  return name.slice(0, 2);
}

export function isBlobName(name: string): boolean {
  return /^[0-9a-f]{64}$/.test(name);
}
