import type { Profile } from '../../../contract/storage.ts';
import type { Db } from '../../database/index.ts';
import { Refusal } from '../../refusal.ts';
import { type Configuration, readConfiguration } from './configuration.ts';

/** A profile as the workspace has it. */
export interface ProfileRow {
  readonly id: string;
  readonly backendNo: number;
  readonly name: string;
  readonly configuration: Configuration;
  readonly credentials: Buffer | null;
  readonly own: boolean;
  readonly lastIndexedAt: number | null;
  readonly version: number;
  readonly documents: number;
  readonly bytes: number;
}

interface RawRow {
  readonly id: string;
  readonly backend_no: number;
  readonly name: string;
  readonly configuration: string;
  readonly credentials: Buffer | null;
  readonly own: number;
  readonly last_indexed_at: number | null;
  readonly version: number;
  readonly document_count: number;
  readonly document_bytes: number;
}

const SELECT = `SELECT p.id, p.backend_no, p.name, p.configuration, p.credentials, p.own, p.last_indexed_at, p.version,
  b.document_count, b.document_bytes FROM storage_profiles p JOIN backends b ON b.no = p.backend_no`;

function rowOf(raw: RawRow): ProfileRow {
  return {
    id: raw.id,
    backendNo: raw.backend_no,
    name: raw.name,
    configuration: readConfiguration(raw.configuration),
    credentials: raw.credentials,
    own: raw.own === 1,
    lastIndexedAt: raw.last_indexed_at,
    version: raw.version,
    documents: raw.document_count,
    bytes: raw.document_bytes,
  };
}

export function listProfileRows(db: Db): ProfileRow[] {
  return db.raw.prepare<[], RawRow>(`${SELECT} ORDER BY p.own DESC, p.name COLLATE NOCASE`).all().map(rowOf);
}

/** Refuses with NOT_FOUND. */
export function findProfile(db: Db, name: string): ProfileRow {
  const raw = db.raw.prepare<[string], RawRow>(`${SELECT} WHERE p.name = ? COLLATE NOCASE`).get(name);
  if (!raw) {
    throw new Refusal('NOT_FOUND', `There is no storage profile '${name}'. It may have been removed.`, {
      what: 'storage profile',
      name,
    });
  }
  return rowOf(raw);
}

export function findOwnProfile(db: Db): ProfileRow | null {
  const raw = db.raw.prepare<[], RawRow>(`${SELECT} WHERE p.own = 1`).get();
  return raw ? rowOf(raw) : null;
}

/** Other profiles than the own store that hold documents of the user, and those that are asked for by their id. */
export function profilesHolding(db: Db, userNo: number, ids: readonly string[]): ProfileRow[] {
  return db.raw
    .prepare<[number, string], RawRow>(
      `${SELECT} WHERE p.own = 0 AND (
         EXISTS (SELECT 1 FROM documents d WHERE d.user_no = ? AND d.backend_no = p.backend_no)
         OR p.id IN (SELECT value FROM json_each(?))
       ) ORDER BY p.name`,
    )
    .all(userNo, JSON.stringify(ids))
    .map(rowOf);
}

/** The fields that may go out, and no others. */
export function profileAnswer(row: ProfileRow): Profile {
  const { configuration } = row;
  const isS3 = configuration.kind === 's3';
  return {
    id: row.id,
    name: row.name,
    kind: configuration.kind,
    endpoint: isS3 ? configuration.endpoint : null,
    publicEndpoint: isS3 ? configuration.publicEndpoint : null,
    region: isS3 ? configuration.region : null,
    pathStyle: isS3 && configuration.pathStyle,
    hasOwnAuthority: isS3 && configuration.authorityPem !== null,
    bucket: isS3 ? configuration.bucket : null,
    layout: configuration.layout,
    accessKey: isS3 ? configuration.accessKey : null,
    own: row.own,
    documents: row.documents,
    bytes: row.bytes,
    lastIndexedAt: row.lastIndexedAt === null ? null : new Date(row.lastIndexedAt).toISOString(),
    version: row.version,
  };
}
