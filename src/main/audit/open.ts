import { setTimeout as sleep } from 'node:timers/promises';
import type { Verification } from '../../contract/audit.ts';
import type { Workspace } from '../database/index.ts';
import type { Actor, Clock, Log, NewId, Origin, RandomBytes } from '../ground.ts';
import { isRefusal, Refusal } from '../refusal.ts';
import type { Vault } from '../vault/index.ts';
import { decodeAnchor, encodeAnchor } from './anchor.ts';
import type { Audit, AuditState } from './audit.ts';
import { keyMetadata, openLogKey } from './key.ts';
import { listEntries, newestSeal } from './list.ts';
import { openLogTable } from './log.ts';
import { lastSequence, newestCheckpoint, readHead } from './log-reading.ts';
import { fingerprintOf, formatCheckpoint, type Head, type NoteSigner, readFingerprint, signNote } from './note.ts';
import { openPace, type Pace } from './pace.ts';
import { openProofs } from './proofs.ts';
import { listRead, verifyRead } from './reads.ts';
import type { Finding } from './verify.ts';

export interface AuditParts {
  readonly workspace: Workspace;
  readonly vault: Vault;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  /** Where the entries that the log writes on its own account come from. */
  readonly origin: Origin;
  readonly log: Log;
  /** When checkpoints are made by themselves. */
  readonly pace?: Pace;
}

/** Every 100 entries or 60 s. */
const PACE: Pace = { entries: 100, ms: 60_000 };
/** How long opening waits for the start's check: a log of usual size has been checked by then. */
const PATIENCE_MS = 250;

/**
 * Opens the log of a workspace and begins the start's check of all of it (`state`). Checkpoints are made by themselves as
 * entries come, and at `close`.
 */
export async function openAudit(parts: AuditParts): Promise<Audit> {
  const { workspace, vault, clock, log } = parts;
  const { db } = workspace;
  const origin = `quartermaster/${workspace.id}`;
  const self: Actor = { kind: 'console', onBehalfOf: null, origin: parts.origin };
  const table = openLogTable(db.raw, clock, parts.newId);
  const key = openLogKey({ origin, vault, randomBytes: parts.randomBytes });
  const proofs = openProofs();
  const openedWith = lastSequence(db);
  const closing = new AbortController();
  let state: AuditState = 'unchecked';
  let verdict: Verification['verdict'] | null = null;
  let anchored: Head | null = null;
  let checking: Promise<AuditState> | null = null;
  let queue: Promise<unknown> = Promise.resolve();

  const pace = openPace(
    parts.pace ?? PACE,
    async () => {
      await audit.checkpoint();
    },
    log,
  );
  pace.checkpointed(newestCheckpoint(db)?.size ?? 0);
  if (openedWith > 0) pace.appended(openedWith);

  /** What the vault can say about the log. Null where it cannot say anything now. */
  async function askVault(): Promise<{ signer: NoteSigner | null; anchor: Head | null } | null> {
    try {
      if (!(await vault.readyOrNull())) return null;
      const bytes = await vault.readAnchor();
      return { signer: await key.held(db), anchor: bytes && decodeAnchor(bytes) };
    } catch (error) {
      if (isRefusal(error, 'VAULT_LOCKED')) return null;
      throw error;
    }
  }

  async function examine(known: { key?: string | undefined; checkpoint?: string | undefined }, signal?: AbortSignal) {
    const vaultSays = await askVault();
    const held = vaultSays?.signer ? fingerprintOf(vaultSays.signer.publicKey) : null;
    const trusted = known.key === undefined ? held : (readFingerprint(known.key) ?? known.key);
    const evidence = {
      origin,
      anchor: vaultSays?.anchor ?? null,
      known: known.checkpoint ?? null,
      trusted,
      isOwnKey: known.key === undefined,
      openedWith: state === 'unchecked' ? openedWith : null,
    };
    const finding = await workspace.read(verifyRead, evidence, signal);
    return { finding, vaultSays, isTrustedByVault: trusted !== null && trusted === held };
  }

  function settle(finding: Finding, vaultSays: { anchor: Head | null } | null): void {
    if (finding.isOwn && finding.verdict !== 'OK') becomeTampered(finding);
    else if (vaultSays && state !== 'tampered') {
      anchored = vaultSays.anchor;
      state = vaultSays.anchor ? 'intact' : 'not_anchored';
    }
  }

  /** From here on the log can be read and written, but nothing is signed or anchored, and deletions are refused. */
  function becomeTampered(finding: Finding): void {
    state = 'tampered';
    verdict = finding.verdict;
    log('audit.tampered', { verdict: finding.verdict, firstBad: finding.firstBad });
    const known = listEntries(db, { event: 'console.log_tampered', limit: 1 }).rows[0]?.metadata;
    if (known?.verdict === finding.verdict && known.firstBad === finding.firstBad) return;
    try {
      workspace.transaction((tx) =>
        table.append(tx, {
          actor: self,
          event: 'console.log_tampered',
          target: null,
          outcome: 'failed',
          metadata: { verdict: finding.verdict, firstBad: finding.firstBad, entries: openedWith },
        }),
      );
    } catch (error) {
      log('audit.tampering_not_recorded', { reason: error instanceof Error ? error.message : 'unknown' });
    }
  }

  function check(): Promise<AuditState> {
    if (state !== 'unchecked') return Promise.resolve(state);
    checking ??= examine({}, closing.signal)
      .then(({ finding, vaultSays }) => settle(finding, vaultSays))
      .catch((error: unknown) => {
        if (!closing.signal.aborted)
          log('audit.check_failed', { reason: error instanceof Error ? error.message : 'unknown' });
      })
      .then(() => {
        checking = null;
        return state;
      });
    return checking;
  }

  /** One after the other: the key is made once, and a head is anchored only after the one before it. */
  function inTurn<Result>(work: () => Promise<Result>): Promise<Result> {
    const result = queue.then(work);
    queue = result.catch(() => undefined);
    return result;
  }

  /** The key that signs, made and entered in the log where there is none yet. */
  async function signer(): Promise<NoteSigner> {
    const held = await key.heldOrMade(db);
    const named = key.named(db);
    if (named && fingerprintOf(named.publicKey) === fingerprintOf(held.publicKey)) return held;
    workspace.transaction((tx) =>
      audit.append(tx, {
        actor: self,
        event: 'console.checkpoint_key_created',
        target: null,
        metadata: keyMetadata(held, named, readHead(tx)),
      }),
    );
    return held;
  }

  async function makeCheckpoint(): Promise<{ size: number; note: string } | null> {
    await check();
    if (state === 'unchecked' || state === 'tampered' || lastSequence(db) === 0) return null;
    if (!(await vault.readyOrNull())) return null;
    const signing = await signer();
    const made = workspace.transaction((tx) => {
      const head = readHead(tx);
      if (!head) throw new Refusal('LOG_TAMPERED', TAMPERED, { verdict: 'EDITED' });
      const existing = newestCheckpoint(tx);
      if (existing?.size === head.size) return { ...existing, head };
      const note = signNote(formatCheckpoint({ origin, ...head }), signing);
      tx.raw
        .prepare('INSERT INTO audit_checkpoints (size, note, created_at) VALUES (?, ?, ?)')
        .run(head.size, note, clock());
      return { size: head.size, note, head };
    });
    if (anchored?.size !== made.size) {
      const isAnchored = await vault.writeAnchor(encodeAnchor(made.head));
      anchored = isAnchored ? made.head : null;
      state = isAnchored ? 'intact' : 'not_anchored';
    }
    pace.checkpointed(made.size);
    return { size: made.size, note: made.note };
  }

  const audit: Audit = {
    append(tx, entry) {
      const sequence = table.append(tx, entry);
      pace.appended(sequence);
      return sequence;
    },
    list: listEntries,
    page: (filter, signal) => workspace.read(listRead, filter, signal),
    newestSeal,
    async verify(known = {}, signal) {
      const { finding, vaultSays, isTrustedByVault } = await examine(known, signal);
      settle(finding, vaultSays);
      return {
        verdict: finding.verdict,
        entries: finding.entries,
        firstBad: finding.firstBad,
        checkpoint: finding.checkpoint,
        anchored: vaultSays?.anchor != null,
        message:
          finding.message +
          (vaultSays || isTrustedByVault ? '' : ' The vault is locked, so the keychain was not asked.'),
      };
    },
    check,
    state: () => state,
    requireIntact() {
      if (state === 'intact' || state === 'not_anchored') return;
      if (state === 'tampered') throw new Refusal('LOG_TAMPERED', TAMPERED, { verdict: verdict ?? 'EDITED' });
      void check();
      throw new Refusal(
        'LOG_TAMPERED',
        'The audit log has not been checked against its anchor yet, because the vault is locked or the check still runs. Unlock the vault and try again.',
        { verdict: 'UNCHECKED' },
      );
    },
    checkpoint: () => inTurn(makeCheckpoint),
    prove: (sequences, size) => proofs.prove(db, sequences, size),
    sign: (message) =>
      inTurn(async () => {
        await vault.ready();
        await check();
        audit.requireIntact();
        const signing = await signer();
        return {
          signature: signing.sign(message),
          publicKey: signing.publicKey,
          fingerprint: fingerprintOf(signing.publicKey),
        };
      }),
    fingerprint() {
      const named = key.named(db);
      return named && fingerprintOf(named.publicKey);
    },
    async close() {
      pace.stop();
      try {
        if (pace.isDue()) await audit.checkpoint();
      } catch (error) {
        log('audit.checkpoint_failed', { reason: error instanceof Error ? error.message : 'unknown' });
      }
      closing.abort();
      await checking;
      await queue;
    },
  };

  await Promise.race([check(), sleep(PATIENCE_MS, null, { ref: false })]);
  return audit;
}

const TAMPERED =
  'The audit log is not what the console wrote: somebody changed the workspace file. Nothing can be deleted until that is cleared up. ' +
  'Verify the log to see what was found.';
