import { chmodSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { Secret } from '../../secret.ts';
import { HostFailure, UsageError } from './failures.ts';
import { countOf } from './sizes.ts';

/** What a person wrote into a file: at most this much is read of any of them but documents' lists. */
const MAX_SECRET_BYTES = 64 * 1024;

/** Standard input can be read once: whoever comes second is told so. */
export class StandardInput {
  #takenFor: string | null = null;
  readonly #stdin: NodeJS.ReadStream;

  constructor(stdin: NodeJS.ReadStream) {
    this.#stdin = stdin;
  }

  async read(what: string, maxBytes: number): Promise<string> {
    if (this.#takenFor !== null)
      throw new UsageError(
        `Standard input cannot hold both ${this.#takenFor} and ${what}. Put one of them into a file.`,
      );
    this.#takenFor = what;
    const chunks: Buffer[] = [];
    let size = 0;
    for await (const chunk of this.#stdin) {
      const bytes = Buffer.from(chunk);
      size += bytes.length;
      if (size > maxBytes) throw tooLarge('Standard input', what, maxBytes);
      chunks.push(bytes);
    }
    return decode(Buffer.concat(chunks), 'Standard input');
  }
}

/** Text of a file, or of standard input for `-`. */
export async function readText(path: string, what: string, stdin: StandardInput, maxBytes: number): Promise<string> {
  if (path === '-') return stdin.read(what, maxBytes);
  try {
    const found = statSync(path);
    if (found.isDirectory()) throw new HostFailure('FILE_UNREADABLE', `${path} is a folder, not a file with ${what}.`);
    if (found.size > maxBytes) throw tooLarge(path, what, maxBytes);
    return decode(readFileSync(path), path);
  } catch (error) {
    if (error instanceof HostFailure) throw error;
    throw new HostFailure('FILE_UNREADABLE', `${path} cannot be read (${reason(error)}): it should hold ${what}.`, {
      cause: error,
    });
  }
}

/** A secret from a file or standard input. One line end at its end is not part of it; everything else is. */
export async function readSecret(path: string, what: string, stdin: StandardInput): Promise<Secret> {
  const text = (await readText(path, what, stdin, MAX_SECRET_BYTES)).replace(/\r?\n$/, '');
  if (text === '')
    throw new HostFailure(
      'FILE_INVALID',
      `${path === '-' ? 'Standard input' : path} is empty: it should hold ${what}.`,
    );
  return new Secret(text);
}

/** Writes a file whole or not at all: beside it first, then in its place. */
export function writeWhole(path: string, text: string, mode = 0o600): void {
  const target = resolve(path);
  const beside = join(dirname(target), `.${basename(target)}.${process.pid}.part`);
  try {
    writeFileSync(beside, text, { mode, flush: true });
    chmodSync(beside, mode);
    renameSync(beside, target);
  } catch (error) {
    rmSync(beside, { force: true });
    throw new HostFailure('FILE_UNWRITABLE', `${path} cannot be written (${reason(error)}).`, { cause: error });
  }
}

function tooLarge(where: string, what: string, maxBytes: number): HostFailure {
  return new HostFailure(
    'FILE_INVALID',
    `${where} is larger than ${countOf(maxBytes, 'byte')}, too large for ${what}.`,
  );
}

function decode(bytes: Buffer, where: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: false }).decode(bytes);
  } catch (error) {
    throw new HostFailure('FILE_INVALID', `${where} is not text in UTF-8.`, { cause: error });
  }
}

const reasons: Readonly<Record<string, string>> = {
  ENOENT: 'there is no such file',
  EACCES: 'no right to it',
  EPERM: 'no right to it',
  EISDIR: 'it is a folder',
  ENOTDIR: 'a part of its path is not a folder',
  ENOSPC: 'the disk is full',
  EROFS: 'the disk is read-only',
};

function reason(error: unknown): string {
  const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
  return reasons[code] ?? code;
}
