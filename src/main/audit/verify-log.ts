import type { Db } from '../database/index.ts';
import { lastSequence, openLogRows, readCheckpoints, readHead } from './log-reading.ts';
import { type Evidence, type Finding, LogVerifier } from './verify.ts';

/** What the log is held against besides what stands in the file itself. */
export interface EvidenceFromOutside extends Omit<Evidence, 'head' | 'checkpoints' | 'openedWith'> {
  /** How many entries the file held when it was opened; null to take what it holds now. */
  readonly openedWith: number | null;
}

/** Rows between two turns of the event loop: under 10 ms. */
const CHUNK = 500;

/** Checks the whole log, some rows at a time. */
export function* verifyLog(db: Db, outside: EvidenceFromOutside): Generator<void, Finding, void> {
  // Everything that the log is held against is taken in one go: what is appended meanwhile is no part of it.
  const { upTo, ...inside } = db.raw.transaction(() => ({
    upTo: lastSequence(db),
    head: readHead(db),
    checkpoints: readCheckpoints(db),
  }))();
  const verifier = new LogVerifier({ ...outside, ...inside, openedWith: outside.openedWith ?? upTo });
  const rowsAfter = openLogRows(db);
  let last = Number.MIN_SAFE_INTEGER;
  while (true) {
    const rows = rowsAfter(last, upTo, CHUNK);
    for (const row of rows) verifier.add(row);
    const newest = rows.at(-1);
    if (!newest) return verifier.finish();
    last = newest.sequence;
    yield;
  }
}
