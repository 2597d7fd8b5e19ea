import type { Db, Tx } from '../../database/index.ts';
import type { StorageBackend, StorageFailure } from '../port.ts';

/** An object as the record would have it. */
export interface Listed {
  /** As in `documents.key`. */
  readonly key: string;
  readonly size: number;
  readonly etag: string | null;
  readonly modifiedAt: number | null;
}

export interface SourcePage {
  /** In key order; after every item of the page before. */
  readonly items: readonly Listed[];
  /** Where to go on after this page, also after a restart; null on the last one. */
  readonly next: string | null;
}

/** Whose an object is. `skip`: of a user who is being deleted, whose documents are the deletion's business. */
export type Owner = { readonly userNo: number } | 'nobody' | 'skip';

/** What a run showed: that all of the place could be listed, or what hindered it. */
export type Showed = 'listed' | StorageFailure;

/** A place to bring into the record: a profile by its layout, or a connection. */
export interface IndexSource {
  /** Public id of the profile or connection. */
  readonly id: string;
  readonly kind: 'profile' | 'connection';
  readonly label: string;
  readonly backendNo: number;
  /** Whether objects that are not on record are the platform's (S5) or somebody's private files (C6). */
  readonly brings: boolean;
  /** What must be the same for a run to go on where another stopped. */
  readonly basis: string;
  pages(after: string | null, signal: AbortSignal): AsyncIterable<SourcePage>;
  /** Whether an object stands at this key of the record, asked for by name: also where something hides it from listings. */
  stands(key: string, signal: AbortSignal): Promise<boolean>;
  /** Finds owners in one transaction; made anew for each, so that a user deleted meanwhile is noticed. */
  owners(db: Db): (key: string) => Owner;
  /** Takes note, in the transaction that ends the run, of what it showed about the place itself. */
  ended?(tx: Tx, showed: Showed): void;
  close(): void;
}

/** A connection opened for a run, which closes it. The connections domain answers it. */
export interface ConnectionToIndex {
  readonly connectionId: string;
  readonly label: string;
  /** Its keys are those of the record. */
  readonly backend: StorageBackend;
  readonly backendNo: number;
  readonly userNo: number;
  /** `owned`: everything below the root is the platform's (C6). */
  readonly reach: 'owned' | 'recorded';
  /** Stores what the run showed as the connection's state: listing it is a test of it. */
  ended(tx: Tx, showed: Showed): void;
}

export interface IndexedConnections {
  /** Refuses with NOT_FOUND, VAULT_LOCKED or SEAL_BROKEN. */
  openForIndex(connectionId: string): Promise<ConnectionToIndex>;
}
