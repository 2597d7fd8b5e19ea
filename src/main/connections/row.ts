import type { Connection } from '../../contract/connections.ts';
import type { Db } from '../database/index.ts';
import { Refusal } from '../refusal.ts';
import { type ConnectionPlace, readPlace } from './place.ts';

/** A connection as the contract answers it. */
export type ConnectionAnswer = Connection;

/** A connection as the workspace has it; the credentials only encrypted. */
export interface ConnectionRow {
  readonly no: number;
  readonly id: string;
  readonly userNo: number;
  readonly userId: string;
  readonly userStatus: 'active' | 'inactive' | 'deleting';
  readonly backendNo: number;
  readonly label: string;
  readonly account: string;
  readonly provider: Connection['provider'];
  readonly configuration: string;
  /** Read from the configuration when it is asked for: a row that somebody damaged can still be listed and removed. */
  readonly place: ConnectionPlace;
  readonly credentials: Buffer;
  readonly root: string;
  readonly ownedRoot: boolean;
  readonly state: Connection['state'];
  readonly lastCheckedAt: number | null;
  readonly documents: number;
  readonly bytes: number;
  readonly version: number;
}

interface RawRow {
  readonly no: number;
  readonly id: string;
  readonly user_no: number;
  readonly user_id: string;
  readonly user_status: ConnectionRow['userStatus'];
  readonly backend_no: number;
  readonly provider: Connection['provider'];
  readonly label: string;
  readonly account: string;
  readonly configuration: string;
  readonly credentials: Buffer;
  readonly root: string;
  readonly owned_root: number;
  readonly state: Connection['state'];
  readonly last_checked_at: number | null;
  readonly document_count: number;
  readonly document_bytes: number;
  readonly version: number;
}

const SELECT = `
  SELECT c.no, c.id, c.user_no, u.id AS user_id, u.status AS user_status, c.backend_no, c.provider, c.label, c.account, c.configuration, c.credentials,
    c.root, c.owned_root, c.state, c.last_checked_at, b.document_count, b.document_bytes, c.version
  FROM connections c JOIN users u ON u.no = c.user_no JOIN backends b ON b.no = c.backend_no`;

/** Rows by a condition on `c` (connections), `u` (users) and `b` (backends), in the order of their making. */
export function readConnections(db: Db, condition: string, ...values: readonly (string | number)[]): ConnectionRow[] {
  return db.raw
    .prepare<(string | number)[], RawRow>(`${SELECT} WHERE ${condition}`)
    .all(...values)
    .map(rowOf);
}

/** Refuses with NOT_FOUND. */
export function findConnection(db: Db, id: string): ConnectionRow {
  const [row] = readConnections(db, 'c.id = ?', id);
  if (!row)
    throw new Refusal('NOT_FOUND', `There is no connection ${id}. It may have been removed.`, {
      what: 'connection',
      name: id,
    });
  return row;
}

function rowOf(raw: RawRow): ConnectionRow {
  return {
    no: raw.no,
    id: raw.id,
    userNo: raw.user_no,
    userId: raw.user_id,
    userStatus: raw.user_status,
    backendNo: raw.backend_no,
    label: raw.label,
    account: raw.account,
    provider: raw.provider,
    configuration: raw.configuration,
    get place() {
      return readPlace(raw.configuration);
    },
    credentials: raw.credentials,
    root: raw.root,
    ownedRoot: raw.owned_root === 1,
    state: raw.state,
    lastCheckedAt: raw.last_checked_at,
    documents: raw.document_count,
    bytes: raw.document_bytes,
    version: raw.version,
  };
}

/** The fields that may go out, and no others. */
export function toConnection(row: ConnectionRow): ConnectionAnswer {
  return {
    id: row.id,
    userId: row.userId,
    provider: row.provider,
    label: row.label,
    account: row.account,
    root: row.root,
    ownedRoot: row.ownedRoot,
    state: row.state,
    lastCheckedAt: row.lastCheckedAt === null ? null : new Date(row.lastCheckedAt).toISOString(),
    documents: row.documents,
    bytes: row.bytes,
    version: row.version,
  };
}
