import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { blobName, isBlobName } from './blob-name.ts';
import type { Catalogue, Entry } from './catalogue.ts';
import {
  blobPath,
  hashFile,
  lstatOrNull,
  readFolder,
  readSmallFile,
  removeFile,
  replaceFile,
  type StorePaths,
  sidecarPath,
} from './files.ts';
import { parseSidecar, writeSidecar } from './sidecar.ts';

/** What a comparison of catalogue and files found and put right. */
export interface Reconciled {
  readonly added: number;
  readonly removed: number;
  /** Files that are not the store's; they are left alone. */
  readonly foreign: number;
}

const PAGE = 1000;

/**
 * Makes the catalogue say what the files say: after a crash, or where it is new. A put that was cut off leaves the old
 * bytes or the new ones, never something between: its sidecar may already be the new one while the bytes are the old,
 * and its unfinished file still lies in `incoming` and says so.
 */
export async function reconcile(paths: StorePaths, storeId: string, catalogue: Catalogue): Promise<Reconciled> {
  await settleIncoming(paths);
  let added = 0;
  let foreign = 0;
  for (const shard of await readFolder(paths.blobs)) {
    const names = new Set(await readFolder(join(paths.blobs, shard)));
    const found: Entry[] = [];
    for (const file of names) {
      if (file.endsWith('.json') && isBlobName(file.slice(0, -5))) {
        if (!names.has(file.slice(0, -5))) await removeFile(join(paths.blobs, shard, file));
        continue;
      }
      const entry = isBlobName(file) && file.startsWith(shard) ? await entryOf(paths, storeId, file) : null;
      if (entry === null) foreign += 1;
      else if (!isSame(catalogue.byName(file), entry)) found.push(entry);
    }
    added += found.length;
    if (found.length > 0) catalogue.put(found);
    await nextTurn();
  }
  return { added, foreign, removed: await dropMissing(paths, catalogue) };
}

async function settleIncoming(paths: StorePaths): Promise<void> {
  for (const file of await readFolder(paths.incoming)) {
    if (isBlobName(file.slice(0, 64))) await repairSidecar(paths, file.slice(0, 64));
    await removeFile(join(paths.incoming, file));
  }
}

/** Makes a sidecar fit the bytes beside it, after a put that was cut off between the two. */
export async function repairSidecar(paths: StorePaths, name: string): Promise<void> {
  if (!(await lstatOrNull(blobPath(paths, name)))?.isFile()) return;
  const sidecar = parseSidecar((await readSmallFile(sidecarPath(paths, name))) ?? '');
  const bytes = await hashFile(blobPath(paths, name));
  if (!sidecar || (sidecar.size === bytes.size && sidecar.sha256 === bytes.sha256)) return;
  const temporary = join(paths.incoming, 'settling');
  await removeFile(temporary);
  await replaceFile(temporary, sidecarPath(paths, name), writeSidecar({ ...sidecar, ...bytes }));
}

async function entryOf(paths: StorePaths, storeId: string, name: string): Promise<Entry | null> {
  const there = await lstatOrNull(blobPath(paths, name));
  const sidecar = parseSidecar((await readSmallFile(sidecarPath(paths, name))) ?? '');
  if (!there?.isFile() || sidecar === null || blobName(storeId, sidecar.key) !== name) return null;
  if (there.size === sidecar.size) return { ...sidecar, name };
  return { ...sidecar, ...(await hashFile(blobPath(paths, name))), name };
}

function isSame(a: Entry | null, b: Entry): boolean {
  return a !== null && a.key === b.key && a.size === b.size && a.sha256 === b.sha256 && a.modifiedAt === b.modifiedAt;
}

async function dropMissing(paths: StorePaths, catalogue: Catalogue): Promise<number> {
  let removed = 0;
  let after: string | null = null;
  for (;;) {
    const page: Entry[] = catalogue.page('', after, PAGE);
    const gone: string[] = [];
    for (const { key, name } of page) if ((await lstatOrNull(blobPath(paths, name))) === null) gone.push(key);
    if (gone.length > 0) catalogue.remove(gone);
    removed += gone.length;
    const last = page.at(-1);
    if (page.length < PAGE || !last) return removed;
    after = last.key;
    await nextTurn();
  }
}
