import { closeSync, openSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import type { Workspace } from '../database/index.ts';
import { inspectLeaf, leafGroups, type PageFile, type UncleanLeaf, varintBytes } from './leaf-pages.ts';
import { emptyTheLog } from './remnants.ts';

/** The tables whose rows carry a user's credentials, each with a text column that may end in blanks for a moment. */
const TABLES = [
  { table: 'connections', column: 'configuration' },
  { table: 'users', column: 'password_hash' },
] as const;
type Place = (typeof TABLES)[number];

const PASSES = 4;

/**
 * Empties the unused space of the pages that hold credentials (D3). `secure_delete` zeroes a row where it stood last, but
 * not the copies that stay behind when SQLite moves a row to a neighbouring page: one in some hundred rows that were ever
 * moved can still be read in the file. So the file is looked at, and each leaf with anything in its unused space is
 * filled once and emptied again. VACUUM would do the same by writing the whole workspace anew, which takes seconds.
 */
export async function clearUnusedSpace(workspace: Workspace, pause: () => Promise<void>): Promise<void> {
  for (let pass = 0; pass < PASSES; pass += 1) {
    await emptyTheLog(workspace, pause);
    let unclean = 0;
    for (const place of TABLES) unclean += await clearTable(workspace, place);
    if (unclean === 0) return;
  }
  // Something keeps the pages from coming to rest: then the slow way, which leaves nothing behind.
  workspace.db.raw.exec('VACUUM');
  await emptyTheLog(workspace, pause);
}

/** Answers how many leaves were not clean. */
async function clearTable(workspace: Workspace, place: Place): Promise<number> {
  const { raw } = workspace.db;
  const root = raw
    .prepare<[string], number>("SELECT rootpage FROM sqlite_schema WHERE type = 'table' AND name = ?")
    .pluck()
    .get(place.table);
  if (root === undefined) throw new Error(`there is no table ${place.table}`);
  const pageSize = raw.pragma('page_size', { simple: true }) as number; // SQLite answers one integer.
  const db: PageFile = { file: openSync(raw.name, 'r'), pageSize };
  const unclean: UncleanLeaf[] = [];
  try {
    for (const group of leafGroups(db, root)) {
      for (const leaf of group) {
        const found = inspectLeaf(db, leaf);
        if (found) unclean.push(found);
      }
      await nextTurn();
    }
  } finally {
    closeSync(db.file);
  }
  for (const leaf of unclean) {
    fillAndEmpty(workspace, place, leaf);
    await nextTurn();
  }
  return unclean.length;
}

/**
 * Lets a row of the page grow over all that is free in it, and shrink again, in one transaction: the space is written
 * over, and zeroed when it is given back.
 */
function fillAndEmpty({ db: { raw }, transaction }: Workspace, { table, column }: Place, leaf: UncleanLeaf): void {
  const read = raw.prepare<[bigint], string>(`SELECT ${column} FROM ${table} WHERE no = ?`).pluck();
  const write = raw.prepare<[string, bigint]>(`UPDATE ${table} SET ${column} = ? WHERE no = ?`);
  transaction(() => {
    const text = read.get(leaf.rowId);
    if (text === undefined) return; // Gone meanwhile; the next pass looks again.
    write.run(text + ' '.repeat(blanksFor(leaf, Buffer.byteLength(text))), leaf.rowId);
    write.run(text, leaf.rowId);
  });
}

/** How many blanks make the row's cell as large as the free space and itself together, and no larger. */
function blanksFor({ cellBytes, payloadBytes, freeBytes }: UncleanLeaf, textBytes: number): number {
  const rowIdBytes = cellBytes - payloadBytes - varintBytes(payloadBytes);
  const cellWith = (blanks: number): number => {
    const payload =
      payloadBytes + blanks + varintBytes(2 * (textBytes + blanks) + 13) - varintBytes(2 * textBytes + 13);
    return varintBytes(payload) + rowIdBytes + payload;
  };
  let blanks = Math.max(0, freeBytes);
  while (blanks > 0 && cellWith(blanks) > cellBytes + freeBytes) blanks -= 1;
  return blanks;
}
