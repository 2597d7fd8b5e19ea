import { createHash, type Hash } from 'node:crypto';
import { constants, createReadStream, type Stats } from 'node:fs';
import { chmod, lstat, mkdir, open, readdir, readFile, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import type { Readable } from 'node:stream';
import { StorageError } from '../port.ts';
import { shardOf } from './blob-name.ts';

/** Where the store's files lie. */
export interface StorePaths {
  readonly dir: string;
  readonly blobs: string;
  readonly incoming: string;
  readonly marker: string;
  readonly catalogue: string;
}

export function pathsOf(dir: string): StorePaths {
  return {
    dir,
    blobs: join(dir, 'blobs'),
    incoming: join(dir, 'incoming'),
    marker: join(dir, 'store.json'),
    catalogue: join(dir, 'catalogue.db'),
  };
}

export function blobPath(paths: StorePaths, name: string): string {
  return join(paths.blobs, shardOf(name), name);
}

export function sidecarPath(paths: StorePaths, name: string): string {
  return `${blobPath(paths, name)}.json`;
}

/** A folder of the store: made where it is missing, refused where something else stands there. */
export async function ownFolder(path: string): Promise<void> {
  const there = await lstatOrNull(path);
  if (there === null) {
    await mkdir(path, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
    return await ownFolder(path);
  }
  if (!there.isDirectory())
    throw new StorageError('unsafe', 'Something that is not a folder of the store stands in its place.');
  if (process.platform !== 'win32' && (there.mode & 0o077) !== 0) await chmod(path, 0o700);
}

export async function lstatOrNull(path: string): Promise<Stats | null> {
  try {
    return await lstat(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT' || codeOf(error) === 'ENOTDIR') return null;
    throw error;
  }
}

/** Writes a stream to a new file and on to the disk; answers its size and SHA-256. Refuses another size than was said. */
export async function writeStream(
  path: string,
  body: Readable,
  size: number,
  signal: AbortSignal | undefined,
): Promise<{ sha256: string }> {
  const file = await open(path, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow(), 0o600);
  try {
    const hash: Hash = createHash('sha256');
    let written = 0;
    for await (const chunk of body) {
      if (signal?.aborted) throw new StorageError('aborted', 'The upload was cancelled.');
      const bytes: Buffer = Buffer.isBuffer(chunk) ? chunk : Buffer.from(chunk as Uint8Array | string); // What a byte stream yields.
      written += bytes.length;
      if (written > size) break;
      hash.update(bytes);
      await file.write(bytes);
    }
    if (written !== size)
      throw new StorageError('unsafe', 'The upload did not have the size that it was announced with.');
    await file.sync();
    return { sha256: hash.digest('hex') };
  } finally {
    await file.close();
  }
}

/** A small file, whole or not at all: written beside, brought to the disk, renamed. */
export async function replaceFile(temporary: string, path: string, text: string): Promise<void> {
  const file = await open(temporary, constants.O_WRONLY | constants.O_CREAT | constants.O_EXCL | noFollow(), 0o600);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  await rename(temporary, path);
}

/** Brings a folder's names to the disk, where the system lets one (Windows does not). */
export async function syncFolder(path: string): Promise<void> {
  if (process.platform === 'win32') return;
  const folder = await open(path, constants.O_RDONLY);
  try {
    await folder.sync();
  } finally {
    await folder.close();
  }
}

export async function removeFile(path: string): Promise<boolean> {
  try {
    await unlink(path);
    return true;
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return false;
    throw error;
  }
}

/** A plain file's text; null where it is missing, a link, or longer than it may be. */
export async function readSmallFile(path: string, maxBytes = 16_384): Promise<string | null> {
  const there = await lstatOrNull(path);
  return there?.isFile() && there.size <= maxBytes ? await readFile(path, 'utf8') : null;
}

export async function readFolder(path: string): Promise<string[]> {
  try {
    return await readdir(path);
  } catch (error) {
    if (codeOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** The file as a stream that does not follow a link. */
export async function readStream(path: string, signal: AbortSignal | undefined): Promise<Readable> {
  const file = await open(path, constants.O_RDONLY | noFollow());
  const there = await file.stat();
  if (!there.isFile()) {
    await file.close();
    throw new StorageError('unsafe', 'What stands there is not a plain file.');
  }
  return createReadStream('', { fd: file, ...(signal ? { signal } : {}) });
}

export async function hashFile(path: string): Promise<{ size: number; sha256: string }> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of await readStream(path, undefined)) {
    const bytes = chunk as Buffer; // A file stream without an encoding yields buffers.
    size += bytes.length;
    hash.update(bytes);
  }
  return { size, sha256: hash.digest('hex') };
}

export function codeOf(error: unknown): string | null {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : null;
}

/** Windows has no such flag; there, links need a right that ordinary accounts do not have. */
function noFollow(): number {
  return constants.O_NOFOLLOW ?? 0;
}
