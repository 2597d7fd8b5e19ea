import type { AuditEvent } from '../audit/index.ts';
import type { Db, Tx } from '../database/index.ts';
import type { Actor, Ground } from '../ground.ts';
import { type DeletionTarget, type ObjectRef, type StorageBackend, StorageError } from '../storage/index.ts';
import { requireAsFrozen, requireAsOrdered } from './as-ordered.ts';
import { hasDocuments } from './documents.ts';
import type { DeletionParts, DeletionStage, Patience, Step } from './parts.ts';
import { type BackendRow, type DeletionRow, readBackend, readBackends, readDeletion, readPlan } from './rows.ts';
import { describeScope, type Scope } from './survey.ts';
import { allTargets } from './targets.ts';
import { Stopped } from './trouble.ts';
import type { WorkList } from './work-list.ts';

/** Some 10 MB of names. */
const MOST_REMEMBERED = 50_000;

/** What all runs share. */
export interface Shop {
  readonly ground: Ground;
  readonly parts: DeletionParts;
  readonly patience: Patience;
  readonly list: WorkList;
  /** What failed last of a backend that is still being tried, by its number: told, and forgotten with the process. */
  readonly troubles: Map<number, string>;
  /** Tells whoever watches that the deletion changed. */
  changed(id: string): void;
}

/** A backend, opened, with what it says about itself. */
export interface Opened {
  readonly backend: StorageBackend;
  readonly target: DeletionTarget;
  readonly scope: Scope;
}

/**
 * One deletion while it runs in this process. Everything that matters stands in the database; this holds open
 * connections and the wish to stop, and may vanish at any instant.
 */
export class Run {
  readonly shop: Shop;
  readonly id: string;
  readonly #abort = new AbortController();
  readonly #opened = new Map<number, Opened>();
  readonly #troubled = new Set<number>();
  #isStopping = false;
  readonly #sleepers = new Set<() => void>();
  /** Keys that were removed since the last look at a backend, once it was looked at: few, and only to tell what they hid. */
  readonly removedSinceLook = new Map<number, Set<string>>();
  /** References that a backend said it removed, by its number: it is held to its word when it is looked at again. */
  readonly #saidRemoved = new Map<number, Set<string>>();
  #stage: DeletionStage;
  #waitsFor: { readonly backendId: string | null } | null;

  constructor(shop: Shop, id: string) {
    this.shop = shop;
    this.id = id;
    const row = readDeletion(this.db, id);
    this.#stage = row.stage;
    this.#waitsFor = row.waiting_reason === null ? null : { backendId: row.waiting_backend };
  }

  get db(): Db {
    return this.shop.ground.workspace.db;
  }

  /** Aborts what is in flight; only for when the console closes, since a pause lets it end. */
  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  now(): number {
    return this.shop.ground.clock();
  }

  row(): DeletionRow {
    return readDeletion(this.db, this.id);
  }

  backends(): BackendRow[] {
    return readBackends(this.db, this.id);
  }

  backend(no: number): BackendRow {
    return readBackend(this.db, no);
  }

  /** The user's number; a deletion has one until it finishes. */
  userNo(): number {
    const { user_no } = this.row();
    if (user_no === null) throw new Error('the user of this deletion is gone');
    return user_no;
  }

  /** Stops after what is in flight. */
  stop(): void {
    this.#isStopping = true;
    for (const wake of this.#sleepers) wake();
  }

  /** Stops now. What is in flight will be done again. */
  abort(): void {
    this.stop();
    this.#abort.abort();
  }

  get isStopping(): boolean {
    return this.#isStopping;
  }

  requireGoing(): void {
    if (this.#isStopping) throw new Stopped();
  }

  /** Waits; ends early when the run is asked to stop. */
  async sleep(ms: number): Promise<void> {
    if (this.#isStopping || ms <= 0) return;
    await new Promise<void>((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#sleepers.delete(wake);
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#sleepers.add(wake);
    });
  }

  step(at: Step['at']): void {
    this.shop.parts.onStep?.({ stage: this.#stage, at });
  }

  /** A transaction that takes place only while the deletion is where this run believes it to be. */
  write<Result>(work: (tx: Tx) => Result): Result {
    return this.shop.ground.workspace.transaction((tx) => this.#inStage(tx, work));
  }

  /** The same for a part of a page, which is done again if a power failure takes it back. */
  writePart<Result>(work: (tx: Tx) => Result): Result {
    return this.shop.ground.workspace.repeatableTransaction((tx) => this.#inStage(tx, work));
  }

  #inStage<Result>(tx: Tx, work: (tx: Tx) => Result): Result {
    if (readDeletion(tx, this.id).stage !== this.#stage) throw new Stopped();
    return work(tx);
  }

  get actor(): Actor {
    return { kind: 'console', onBehalfOf: this.row().ordered_by, origin: this.shop.ground.origin };
  }

  /** An entry of the log that belongs to this deletion, and will stand on its certificate. */
  record(
    tx: Tx,
    event: AuditEvent,
    metadata: Readonly<Record<string, unknown>>,
    extra: {
      target?: { kind: string; id: string };
      sealed?: { table: string; rowId: string; seal: Uint8Array | null };
    } = {},
  ): void {
    const sequence = this.shop.ground.audit.append(tx, {
      actor: this.actor,
      event,
      target: extra.target ?? { kind: 'deletion', id: this.id },
      metadata: extra.target ? { deletionId: this.id, ...metadata } : metadata,
      ...(extra.sealed ? { sealed: extra.sealed } : {}),
    });
    recordEntry(tx, this.id, sequence);
  }

  /** Moves to the next stage, with whatever has to be true at the same instant. */
  advance(to: DeletionStage, work?: (tx: Tx) => void): void {
    this.write((tx) => {
      work?.(tx);
      this.moveTo(tx, to);
    });
    this.arrived(to);
  }

  /** The part of `advance` that happens inside the caller's own transaction; call `arrived` after it. */
  moveTo(tx: Tx, to: DeletionStage): void {
    tx.raw.prepare('UPDATE deletions SET stage = ? WHERE id = ?').run(to, this.id);
    forgetWaiting(tx, this.id);
    this.record(tx, 'deletion.stage_reached', { stage: to });
  }

  arrived(stage: DeletionStage): void {
    this.#stage = stage;
    this.#waitsFor = null;
    this.shop.changed(this.id);
    this.step('after_commit');
  }

  /** The backend failed in passing and is tried again: whoever watches is told why nothing moves. */
  failed(row: BackendRow, { message }: StorageError): void {
    this.#troubled.add(row.no);
    this.shop.troubles.set(row.no, message);
    this.shop.changed(this.id);
  }

  /** The backend says that this is gone. */
  rememberRemoved({ no }: BackendRow, ref: ObjectRef): void {
    const said = this.#saidRemoved.get(no) ?? new Set();
    if (said.size < MOST_REMEMBERED) said.add(nameOf(ref));
    this.#saidRemoved.set(no, said);
  }

  /** Whether the backend said that this is gone; it may say so again from now on. */
  forgetRemoved({ no }: BackendRow, ref: ObjectRef): boolean {
    return this.#saidRemoved.get(no)?.delete(nameOf(ref)) ?? false;
  }

  /** Something of a backend is settled: the deletion moves, also while another backend is still waited for. */
  moves(): void {
    if (!this.#waitsFor) return;
    this.write((tx) => forgetWaiting(tx, this.id));
    this.#waitsFor = null;
    this.shop.changed(this.id);
  }

  /** The backend answered: if it is the one that was waited for, the wait is over. */
  goesOn(row: BackendRow): void {
    if (this.shop.troubles.delete(row.no)) this.shop.changed(this.id);
    if (!this.#waitsFor || (this.#waitsFor.backendId !== null && this.#waitsFor.backendId !== row.source_id)) return;
    this.write((tx) => clearWaiting(tx, this.id));
    this.#waitsFor = null;
    this.shop.changed(this.id);
  }

  /** Whether the vault is open, asked before each page: a keychain that is locked meanwhile stops the work. */
  async requireVault(): Promise<void> {
    await this.shop.ground.vault.ready();
  }

  /** The place as it is configured now; null where it no longer is. */
  targetOf(row: BackendRow): DeletionTarget | null {
    const { user_id, external_id } = this.row();
    const targets = allTargets(this.shop.parts, this.db, {
      no: this.userNo(),
      id: user_id,
      externalId: external_id,
      knownSources: [row.source_id],
    });
    return (
      targets.find(({ sourceId, backendNo }) => sourceId === row.source_id && backendNo === row.backend_no) ?? null
    );
  }

  /** The backend, opened once a run. Rejects with what the target or the place itself says. */
  async open(row: BackendRow): Promise<Opened> {
    await this.requireVault();
    const known = this.#opened.get(row.no);
    if (known) return known;
    requireAsOrdered(this.db, this.row());
    requireAsFrozen(this.db, readPlan(this.db, this.row().plan_id));
    const target = this.targetOf(row);
    if (!target)
      throw new StorageError('refused', `${row.label} is no longer configured here, so nothing in it can be reached.`);
    const backend = await target.open();
    try {
      const scope = await describeScope(
        backend,
        target,
        hasDocuments(this.db, this.userNo(), row.backend_no),
        this.signal,
      );
      const opened = { backend, target, scope };
      this.#opened.set(row.no, opened);
      return opened;
    } catch (error) {
      backend.close();
      throw error;
    }
  }

  /** Closes what was opened, so that the next use opens it with what is configured then. */
  closeBackends(): void {
    for (const no of this.#troubled) this.shop.troubles.delete(no);
    for (const { backend } of this.#opened.values()) backend.close();
    this.#opened.clear();
  }
}

function forgetWaiting(tx: Tx, id: string): void {
  tx.raw
    .prepare(
      `UPDATE deletions SET waiting_reason = NULL, waiting_backend = NULL, waiting_since = NULL, waiting_message = NULL,
         waiting_tries = 0, next_try_at = NULL WHERE id = ?`,
    )
    .run(id);
}

function nameOf({ kind, key, versionId }: ObjectRef): string {
  return `${kind}\n${versionId ?? ''}\n${key}`;
}

export function clearWaiting(tx: Tx, id: string): void {
  forgetWaiting(tx, id);
  tx.raw.prepare("UPDATE deletion_backends SET state = 'running' WHERE deletion_id = ? AND state = 'waiting'").run(id);
}

export function recordEntry(tx: Tx, deletionId: string, sequence: number): void {
  tx.raw.prepare('INSERT INTO deletion_entries (deletion_id, sequence) VALUES (?, ?)').run(deletionId, sequence);
}
