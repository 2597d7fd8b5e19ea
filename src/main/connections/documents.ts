import { plural } from '../../contract/figures.ts';
import type { Tx } from '../database/index.ts';
import type { Actor, Ground } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { bareETag, flawOfKey } from '../storage/index.ts';
import { requireConnectionSeal } from './opening.ts';
import { prefixOfRoot } from './place.ts';
import { type ConnectionRow, findConnection } from './row.ts';

export interface DocumentRecord {
  /** Path within the connection's root. */
  readonly key: string;
  readonly size: number;
  readonly etag?: string | null | undefined;
  /** ISO 8601. */
  readonly modifiedAt?: string | null | undefined;
}

/** S3's limit for a whole key, in bytes of UTF-8. */
const MAX_S3_KEY_BYTES = 1024;

/**
 * Writes what the platform knows of the documents that it put into this cloud, with its entry, in one transaction: new
 * rows are added, known ones corrected. A key that leads out of the root refuses the whole page with STORAGE_UNSAFE.
 */
export async function recordDocuments(
  ground: Ground,
  actor: Actor,
  connectionId: string,
  documents: readonly DocumentRecord[],
): Promise<{ added: number; changed: number }> {
  const vault = await ground.vault.ready();
  requireConnectionSeal(ground, ground.workspace.db, vault, findConnection(ground.workspace.db, connectionId).id);
  return ground.workspace.transaction((tx) => {
    const row = findConnection(tx, connectionId);
    requireConnectionSeal(ground, tx, vault, connectionId);
    if (row.userStatus === 'deleting')
      throw new Refusal(
        'USER_BEING_DELETED',
        'The user is being deleted: nothing more is recorded of their documents.',
      );
    const counts = writeRows(
      tx,
      row,
      documents.map((document) => ({
        ...document,
        key: storedKey(row, document.key),
        etag: bareETag(document.etag ?? null),
      })),
    );
    ground.audit.append(tx, {
      actor,
      event: 'cloud.documents_recorded',
      target: { kind: 'connection', id: row.id },
      metadata: { userId: row.userId, given: documents.length, ...counts },
    });
    return counts;
  });
}

/** The key as the connection's backend lists it: on S3 with the root's prefix, on WebDAV the path within the root. */
function storedKey(row: ConnectionRow, key: string): string {
  const flaw = flawOf(row, key);
  if (flaw !== null)
    throw new Refusal(
      'STORAGE_UNSAFE',
      `The key '${shorten(key)}' is no document within the connection’s root: ${flaw}. Nothing was recorded.`,
    );
  return row.provider === 's3' ? prefixOfRoot(row.root) + key : key;
}

function flawOf(row: ConnectionRow, key: string): string | null {
  if (row.provider === 'webdav') return flawOfKey(key, 'object');
  if (key.startsWith('/')) return 'it begins with a slash';
  if (!key.isWellFormed()) return 'it is no valid text';
  if (key.split('/').some((part) => part === '.' || part === '..')) return 'it leads out of the root';
  return Buffer.byteLength(prefixOfRoot(row.root) + key) > MAX_S3_KEY_BYTES
    ? `with the root it is longer than ${plural(MAX_S3_KEY_BYTES, 'byte')}`
    : null;
}

function writeRows(
  tx: Tx,
  row: ConnectionRow,
  documents: readonly (DocumentRecord & { readonly etag: string | null })[],
): { added: number; changed: number } {
  const find = tx.raw.prepare<[number, string], { size: number; etag: string | null; modified_at: number | null }>(
    'SELECT size, etag, modified_at FROM documents WHERE backend_no = ? AND key = ?',
  );
  const insert = tx.raw.prepare(
    'INSERT INTO documents (backend_no, user_no, key, size, etag, modified_at) VALUES (?, ?, ?, ?, ?, ?)',
  );
  const update = tx.raw.prepare(
    'UPDATE documents SET size = ?, etag = ?, modified_at = ? WHERE backend_no = ? AND key = ?',
  );
  let added = 0;
  let changed = 0;
  for (const { key, size, etag, modifiedAt: at } of documents) {
    const modifiedAt = at === undefined || at === null ? null : Date.parse(at);
    const known = find.get(row.backendNo, key);
    if (known === undefined) {
      insert.run(row.backendNo, row.userNo, key, size, etag, modifiedAt);
      added += 1;
    } else if (known.size !== size || known.etag !== etag || known.modified_at !== modifiedAt) {
      update.run(size, etag, modifiedAt, row.backendNo, key);
      changed += 1;
    }
  }
  return { added, changed };
}

function shorten(key: string): string {
  const line = key.replace(/[\u0000-\u001f\u007f]/g, '?');
  return line.length > 100 ? `${line.slice(0, 97)}…` : line;
}
