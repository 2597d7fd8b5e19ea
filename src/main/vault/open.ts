import type { Workspace } from '../database/index.ts';
import type { Clock, NewId, RandomBytes } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { rootAccount } from './accounts.ts';
import { ARGON2, type Argon2Parameters } from './argon2.ts';
import { explain } from './conditions.ts';
import { type Made, type Makings, makeInKeychain, makeUnderPassphrase, recordMade } from './creation.ts';
import { KEY_BYTES, type KeyRing, makeKeyRing, sameBytes } from './key-ring.ts';
import { type Keychain, KeychainError } from './keychain.ts';
import { openOwnSecrets } from './own-secrets.ts';
import { encryptedCells, type GenerationRow, generationRows, wayOf } from './rows.ts';
import { unlockWithPassphrase } from './unlocking.ts';
import type { Vault, VaultCondition, VaultState } from './vault.ts';

export interface VaultParts {
  readonly workspace: Workspace;
  /** Null where the host has none to offer. */
  readonly keychain: Keychain | null;
  readonly clock: Clock;
  readonly randomBytes: RandomBytes;
  readonly newId: NewId;
  /** Cost of a passphrase; tests give a cheap one. */
  readonly argon2?: Argon2Parameters;
}

/** A root is in memory no longer than this after the keychain gave it. */
const HELD_MS = 60_000;
/** From this age on it is read again before use, so that a handle that goes out has a while to live. */
const READ_AGAIN_MS = 45_000;
/** A keychain that did not open is asked again after this, doubling up to a minute: each question may raise a prompt. */
const FIRST_RETRY_MS = 5_000;

interface Found {
  readonly condition: VaultCondition;
  readonly ring: KeyRing | null;
  readonly at: number;
  readonly goodForMs: number;
}

/**
 * The vault of a workspace. Nothing is read before it is asked for; the keychain is asked at most once at a time, and
 * what it says about the root holds for a minute. The five states each come with a sentence that says what to do.
 */
export function openVault(parts: VaultParts): Vault {
  const { workspace, keychain, clock, randomBytes } = parts;
  const { db, id: workspaceId } = workspace;
  const ringOf = (roots: ReadonlyMap<number, Buffer>): KeyRing =>
    makeKeyRing({
      workspaceId,
      roots,
      active: Math.max(...roots.keys()),
      randomBytes,
      otherCells: () => encryptedCells(db, workspaceId),
    });
  const makings: Makings = { workspaceId, randomBytes, newId: parts.newId, argon2: parts.argon2 ?? ARGON2, ringOf };

  /** What a passphrase opened; held until the console ends or `lock`. */
  let opened: KeyRing | null = null;
  /** What the keychain gave; held for a minute. */
  let lent: KeyRing | null = null;
  let lentTimer: NodeJS.Timeout | undefined;
  let made: Made | null = null;
  let found: Found | null = null;
  let asking: Promise<Found> | null = null;
  let failures = 0;
  let question = 0;

  function condition(
    state: VaultState,
    way: VaultCondition['way'],
    generation: number | null,
    keychainUsable: boolean,
  ) {
    return { state, way, generation, message: explain(state, way, keychainUsable), keychainUsable };
  }

  function lend(ring: KeyRing | null): void {
    clearTimeout(lentTimer);
    if (lent !== ring) lent?.wipe();
    lent = ring;
    if (ring) lentTimer = setTimeout(() => lend(null), HELD_MS).unref();
    else found = null;
  }

  function fits(ring: KeyRing, rows: readonly GenerationRow[]): boolean {
    return rows.every(({ generation, checkValue }) =>
      sameBytes(ring.checkValue(generation) ?? Buffer.alloc(0), checkValue),
    );
  }

  /** The ring that is out already where the keys are the same: its handles stay good. */
  function ringFor(roots: ReadonlyMap<number, Buffer>): KeyRing {
    if (!lent?.holdsSame(roots)) return ringOf(roots);
    for (const root of roots.values()) root.fill(0);
    return lent;
  }

  async function look(): Promise<{ condition: VaultCondition; ring: KeyRing | null }> {
    const rows = generationRows(db);
    const active = rows.at(-1);
    if (!active) {
      const usable = keychain !== null && (await keychain.probe()) === 'available';
      return { condition: condition('none', null, null, usable), ring: null };
    }
    const way = wayOf(db);
    if (opened && fits(opened, rows))
      return { condition: condition('available', way, active.generation, false), ring: opened };
    if (way === 'passphrase') return { condition: condition('locked', way, active.generation, false), ring: null };
    const { state, roots } = await rootsInKeychain(rows);
    const usable = state === 'available' || state === 'missing' || state === 'mismatched';
    const ring = roots && ringFor(roots);
    if (ring && !fits(ring, rows)) {
      if (ring !== lent) ring.wipe();
      return { condition: condition('mismatched', way, active.generation, true), ring: null };
    }
    return { condition: condition(state, way, active.generation, usable), ring };
  }

  async function rootsInKeychain(
    rows: readonly GenerationRow[],
  ): Promise<{ state: VaultState; roots: Map<number, Buffer> | null }> {
    const roots = new Map<number, Buffer>();
    try {
      for (const { generation } of rows) {
        if (!keychain) return { state: 'unavailable', roots: null };
        const root = await keychain.get(rootAccount(workspaceId, generation));
        if (!root) return { state: 'missing', roots: null };
        if (root.length !== KEY_BYTES) return { state: 'mismatched', roots: null };
        roots.set(generation, Buffer.from(root));
      }
      return { state: 'available', roots };
    } catch (error) {
      if (error instanceof KeychainError) return { state: error.state, roots: null };
      throw error;
    }
  }

  /** The answer that still holds, or a new one; callers at once share one question. */
  function ask(): Promise<Found> {
    const now = clock();
    if (found && now >= found.at && now - found.at < found.goodForMs) return Promise.resolve(found);
    if (asking) return asking;
    const mine = ++question;
    const answer = look().then(({ condition, ring }): Found | Promise<Found> => {
      if (mine !== question) {
        if (ring !== lent && ring !== opened) ring?.wipe();
        return ask(); // Something was changed meanwhile, so that this answer is an old one.
      }
      const isOpen = condition.state === 'available';
      const goodForMs = isOpen ? READ_AGAIN_MS : Math.min(HELD_MS, FIRST_RETRY_MS * 2 ** failures);
      const result: Found = { condition, ring, at: now, goodForMs };
      asking = null;
      failures = isOpen ? 0 : failures + 1;
      if (ring === null || ring !== opened) lend(ring);
      found = result;
      return result;
    });
    asking = answer;
    answer.catch(() => {
      if (asking === answer) asking = null;
    });
    return answer;
  }

  function askAgain(): void {
    found = null;
    asking = null;
    failures = 0;
    question += 1;
  }

  async function readyOrNull() {
    return (await ask()).ring?.vault ?? null;
  }

  async function ready() {
    const { condition, ring } = await ask();
    if (ring) return ring.vault;
    const { state, message } = condition;
    throw new Refusal(
      state === 'none' ? 'NOT_SET_UP' : 'VAULT_LOCKED',
      message,
      state === 'none' ? undefined : { state },
    );
  }

  const ownSecrets = openOwnSecrets({
    workspace,
    keychain,
    ring: async () => {
      await ready();
      const { ring } = await ask();
      if (!ring) throw new Refusal('VAULT_LOCKED', explain('locked', wayOf(db), false), { state: 'locked' });
      return ring;
    },
  });

  async function status() {
    return (await ask()).condition;
  }

  return {
    status,
    ready,
    readyOrNull,

    async create(passphrase) {
      if (generationRows(db).length > 0)
        throw new Refusal(
          'ALREADY_SET_UP',
          'This workspace has a vault already: it was set up before. Sign in instead.',
        );
      made?.ring.wipe();
      made = passphrase ? await makeUnderPassphrase(makings, passphrase) : await makeInKeychain(makings, keychain);
      askAgain();
      if (passphrase) opened = made.ring;
      else lend(made.ring);
      return made.ring.vault;
    },

    record(tx, now) {
      if (!made) throw new Error('record comes after create');
      const sealed = recordMade(tx, made, now);
      askAgain();
      return sealed;
    },

    async unlock(passphrase) {
      const { recipientId, roots } = await unlockWithPassphrase({ workspace, keychain, clock }, passphrase);
      opened?.wipe();
      opened = ringOf(roots);
      askAgain();
      return { condition: await status(), recipientId };
    },

    lock() {
      opened?.wipe();
      opened = null;
      askAgain();
    },

    askAgain,
    ...ownSecrets,

    close() {
      askAgain();
      opened?.wipe();
      opened = null;
      lend(null);
      made?.ring.wipe();
      made = null;
    },
  };
}
