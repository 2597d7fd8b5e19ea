import { randomBytes } from 'node:crypto';
import { lstatSync, mkdtempSync, realpathSync, rmdirSync, rmSync, type Stats, statSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join } from 'node:path';

/** `sun_path` is 104 bytes on macOS and 108 on Linux, with the NUL at its end (unix(4), unix(7)). */
const MAX_PATH_BYTES = 103;
const NAME = 'quartermaster';
const SOCKET_NAME = /^quartermaster-[0-9a-f]{16}\.sock$/;

export interface Surroundings {
  readonly platform: NodeJS.Platform;
  readonly runtimeDir: string | undefined;
  /** Tried in this order. */
  readonly temporaryDirs: readonly string[];
  readonly uid: number | undefined;
}

export function surroundings(env: NodeJS.ProcessEnv = process.env): Surroundings {
  return {
    platform: process.platform,
    runtimeDir: env.XDG_RUNTIME_DIR || undefined,
    temporaryDirs: [tmpdir(), '/tmp'],
    uid: process.getuid?.(),
  };
}

/**
 * A fresh address for the owner's socket: in `$XDG_RUNTIME_DIR` where that is this account's own folder, else in a new
 * 0700 folder of a temporary folder in which nobody else can put another one in its place; a named pipe on Windows. Null
 * where there is no such folder, or its path is too long for a socket.
 */
export function freshAddress({ platform, runtimeDir, temporaryDirs, uid }: Surroundings): string | null {
  const unique = randomBytes(8).toString('hex');
  if (platform === 'win32') return `\\\\.\\pipe\\${NAME}-${randomBytes(16).toString('hex')}`;
  const socket = `${NAME}-${unique}.sock`;
  if (runtimeDir !== undefined && isPrivate(lookAt(runtimeDir), uid) && fits(join(runtimeDir, socket)))
    return join(runtimeDir, socket);
  for (const dir of temporaryDirs) {
    if (!isSafeToMakeIn(dir, uid) || !fits(join(dir, `${NAME}-XXXXXX`, socket))) continue;
    try {
      return join(mkdtempSync(join(dir, `${NAME}-`)), socket);
    } catch {
      // A full or read-only one; the next may do.
    }
  }
  return null;
}

/** Takes an owner's socket and its folder away, if that is what stands there: the file that names it could be old. */
export function removeAddress(address: string): void {
  if (!SOCKET_NAME.test(basename(address))) return;
  const found = lookAt(address);
  if (found && !found.isSocket()) return;
  rmSync(address, { force: true });
  if (!basename(dirname(address)).startsWith(`${NAME}-`)) return;
  try {
    rmdirSync(dirname(address));
  } catch {
    // Gone already, or something else lies in it.
  }
}

/** Whether a socket stands there that the owner of the workspace's folder has made, so that the token may be shown to it. */
export function isOwnersSocket(address: string, workspaceDir: string, platform = process.platform): boolean {
  if (platform === 'win32') return address.startsWith(`\\\\.\\pipe\\${NAME}-`);
  const found = lookAt(address);
  const owner = statSync(workspaceDir).uid;
  return found?.isSocket() === true && (found.uid === owner || found.uid === process.getuid?.());
}

function isPrivate(found: Stats | null, uid: number | undefined): boolean {
  return found?.isDirectory() === true && found.uid === uid && (found.mode & 0o077) === 0;
}

/** The folder is this account's or the system's; others may write into it only where they cannot rename what is ours. */
function isSafeToMakeIn(dir: string, uid: number | undefined): boolean {
  try {
    const found = lookAt(realpathSync(dir));
    if (!found?.isDirectory() || (found.uid !== uid && found.uid !== 0)) return false;
    const canOthersWrite = (found.mode & 0o022) !== 0;
    const isSticky = (found.mode & 0o1000) !== 0;
    return !canOthersWrite || isSticky;
  } catch {
    return false;
  }
}

function lookAt(path: string): Stats | null {
  return lstatSync(path, { throwIfNoEntry: false }) ?? null;
}

function fits(path: string): boolean {
  return Buffer.byteLength(path) <= MAX_PATH_BYTES;
}
