import type { AuditEntry, Verification } from '../../contract/audit.ts';
import type { Db, Tx } from '../database/index.ts';
import type { Actor } from '../ground.ts';
import type { AuditEvent } from './events.ts';

/** The seal that an entry's act gave a row; null where the act removed the row (X6). */
export interface Sealed {
  readonly table: string;
  readonly rowId: string;
  readonly seal: Uint8Array | null;
}

export interface Append {
  readonly actor: Actor;
  readonly event: AuditEvent;
  readonly target: { readonly kind: string; readonly id: string } | null;
  readonly outcome?: 'done' | 'refused' | 'failed';
  /** Facts without secrets and without mail addresses. 64-bit integers as strings. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly sealed?: Sealed;
}

/** RFC 6962 proof that one entry is in the log of a checkpoint. */
export interface InclusionProof {
  readonly sequence: number;
  /** The entry as canonical JSON, exactly the bytes that were hashed. */
  readonly entry: string;
  readonly path: readonly string[];
}

export type AuditState = 'intact' | 'unchecked' | 'tampered' | 'not_anchored';

/** The log: append only, chained, provable. Writing is synchronous, inside the transaction of the act itself (A1). */
export interface Audit {
  /** Appends one entry and answers its sequence. Two entries of one transaction stand in call order. */
  append(tx: Tx, entry: Append): number;
  list(db: Db, filter: AuditFilter): AuditPage;
  /** The same for whoever can wait: in the reader thread. */
  page(filter: AuditFilter, signal?: AbortSignal): Promise<AuditPage>;
  /** The newest seal that an entry gave the row, or undefined where none did. */
  newestSeal(db: Db, table: string, rowId: string): Uint8Array | null | undefined;
  /** Checks the whole log, and against what is known from outside. Yields to the event loop as it goes. */
  verify(
    known?: { key?: string | undefined; checkpoint?: string | undefined },
    signal?: AbortSignal,
  ): Promise<Verification>;
  /**
   * What the start's check found: every entry, and size and root against the anchor. `unchecked` while it runs or the
   * vault is locked; `not_anchored` where no keychain holds a head, or has lost it.
   */
  state(): AuditState;
  /** Does the start's check if it is still to be done: after an unlock, or where a log was too long to wait for. */
  check(): Promise<AuditState>;
  /** Refuses with LOG_TAMPERED unless the log is what the anchor says. */
  requireIntact(): void;
  /**
   * Signs the log's present head and anchors it in the keychain; the first one makes the log's key. With nothing new it
   * answers the newest checkpoint. Null where none can be made now: the vault is locked, or the log is tampered with.
   */
  checkpoint(): Promise<{ size: number; note: string } | null>;
  /** Proofs for entries, against the checkpoint of that size. */
  prove(sequences: readonly number[], size: number): InclusionProof[];
  /** Signs bytes with the log's key: for certificates. Refuses with VAULT_LOCKED or LOG_TAMPERED. */
  sign(message: Uint8Array): Promise<{ signature: Uint8Array; publicKey: Uint8Array; fingerprint: string }>;
  /**
   * Fingerprint of the log's key as it is printed at set-up: SHA-256 of the 32 bytes of the Ed25519 public key, as 64
   * hexadecimal digits. Known while the vault is locked, too. Null before the first `checkpoint()` or `sign()`.
   */
  fingerprint(): string | null;
  close(): Promise<void>;
}

export interface AuditPage {
  readonly rows: AuditEntry[];
  readonly next: string | null;
}

export interface AuditFilter {
  readonly event?: string | undefined;
  readonly targetId?: string | undefined;
  /** Finds what the administrator did, and what the console did on their behalf. */
  readonly actorId?: string | undefined;
  readonly outcome?: string | undefined;
  readonly after?: string | null | undefined;
  readonly limit: number;
}
