import { countText, plural } from '../../contract/figures.ts';
import type { Actor, Ground } from '../ground.ts';
import { type StorageBackend, StorageError } from '../storage/index.ts';
import { type Openers, openConnection } from './opening.ts';
import { type ConnectionAnswer, type ConnectionRow, findConnection, toConnection } from './row.ts';

interface Finding {
  readonly ok: boolean;
  readonly state: 'works' | 'reauthorise' | 'unreachable';
  readonly message: string;
}

export interface Trial {
  readonly connection: ConnectionAnswer;
  readonly ok: boolean;
  readonly message: string;
}

/** How long a trial may take in all. */
const LIMIT_MS = 45_000;

/**
 * Reads the root and a recorded document, and stores what was found with its entry. An empty folder where documents are
 * on record does not pass as one that works: it may be another account's (C3). Refuses with VAULT_LOCKED or SEAL_BROKEN.
 */
export async function tryConnection(
  ground: Ground,
  openers: Openers,
  actor: Actor,
  connectionId: string,
  signal?: AbortSignal,
): Promise<Trial> {
  const row = findConnection(ground.workspace.db, connectionId);
  const backend = await openConnection(ground, openers, row);
  let finding: Finding;
  try {
    finding = await lookAt(ground, backend, row, signal);
  } finally {
    backend.close();
  }
  return ground.workspace.transaction((tx) => {
    // One that was changed meanwhile was not the one that was tried.
    const { changes } = tx.raw
      .prepare('UPDATE connections SET state = ?, last_checked_at = ? WHERE id = ? AND version = ?')
      .run(finding.state, ground.clock(), row.id, row.version);
    ground.audit.append(tx, {
      actor,
      event: 'cloud.connection_tested',
      target: { kind: 'connection', id: row.id },
      outcome: finding.ok ? 'done' : 'failed',
      metadata: { userId: row.userId, state: finding.state, stored: changes === 1 },
    });
    return { connection: toConnection(findConnection(tx, row.id)), ok: finding.ok, message: finding.message };
  });
}

async function lookAt(
  ground: Ground,
  backend: StorageBackend,
  row: ConnectionRow,
  signal?: AbortSignal,
): Promise<Finding> {
  const limit = AbortSignal.timeout(LIMIT_MS);
  const either = signal === undefined ? limit : AbortSignal.any([signal, limit]);
  try {
    const check = await backend.check(either);
    const message = isPlain(row)
      ? `${check.message} The address is plain http: documents cross the network unencrypted.`
      : check.message;
    if (!check.ok) return { ok: false, state: check.state, message };
    return await lookForDocument(ground, backend, row, message, either);
  } catch (error) {
    if (!(error instanceof StorageError) || signal?.aborted) throw error;
    if (error.failure === 'aborted')
      return {
        ok: false,
        state: 'unreachable',
        message: `The server did not answer within ${LIMIT_MS / 1000} seconds.`,
      };
    return {
      ok: false,
      state: error.failure === 'reauthorise' ? 'reauthorise' : 'unreachable',
      message: error.message,
    };
  }
}

/** S3 signs and never sends its key; of WebDAV, whose password does go along, the backend itself says so. */
function isPlain({ place }: ConnectionRow): boolean {
  if (place.provider !== 's3' || !place.endpoint.startsWith('http:')) return false;
  const { hostname } = new URL(place.endpoint);
  return hostname !== 'localhost' && hostname !== '[::1]' && !hostname.startsWith('127.');
}

async function lookForDocument(
  ground: Ground,
  backend: StorageBackend,
  row: ConnectionRow,
  message: string,
  signal: AbortSignal,
): Promise<Finding> {
  const keys = someKeys(ground, row);
  if (keys.length === 0) return { ok: true, state: 'works', message };
  for (const key of keys) {
    if ((await backend.stat(key, signal)) !== null)
      return { ok: true, state: 'works', message: `${message} A recorded document is there.` };
  }
  return {
    ok: false,
    state: 'unreachable',
    message:
      `The server answers, but of ${plural(row.documents, 'recorded document')} none of those asked for ` +
      `(${countText(keys.length)}) is there. This may be another account, or the folder was moved. Check user name and root.`,
  };
}

/** The first and the last in key order: a person may have removed one by hand. Both are found in an index. */
function someKeys(ground: Ground, row: ConnectionRow): string[] {
  const one = (order: string): string | undefined =>
    ground.workspace.db.raw
      .prepare<[number], string>(`SELECT key FROM documents WHERE backend_no = ? ORDER BY ${order} LIMIT 1`)
      .pluck()
      .get(row.backendNo);
  const keys = [one('key'), one('key DESC')].filter((key) => key !== undefined);
  return [...new Set(keys)];
}
