import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { v7 } from 'uuid';
import type { Deletion, Plan } from '../../src/contract/deletions.ts';
import { openAudit } from '../../src/main/audit/index.ts';
import { openWorkspace } from '../../src/main/database/index.ts';
import {
  type DeletionParts,
  type Deletions,
  openDeletions,
  type Patience,
  type Step,
} from '../../src/main/deletion/index.ts';
import type { Actor, Ground } from '../../src/main/ground.ts';
import { Secret } from '../../src/main/secret.ts';
import { endSessionsOf, normaliseMailKey, requireAnotherActiveOwner } from '../../src/main/session/index.ts';
import {
  type DeletionTarget,
  type ObjectRef,
  openFolderStore,
  type RemovalOutcome,
  type StorageBackend,
  StorageError,
} from '../../src/main/storage/index.ts';
import { findUser } from '../../src/main/users/index.ts';
import { type Keychain, openVault, renewSeal } from '../../src/main/vault/index.ts';
import { FakeKeychain } from './fake-keychain.ts';
import { CHEAP, ORIGIN, setUpVault } from './vault-ground.ts';

type Administrator = Extract<Actor, { kind: 'administrator' }>;

/** Waits short enough for tests. */
export const IMPATIENT: Partial<Patience> = {
  objectBackoffMs: [5, 5, 10, 10],
  callBackoffMs: [5, 10],
  waitBackoffMs: [40],
};

/** What a place does instead of what it would do. Changed by tests while it runs. */
export interface Faults {
  /** Thrown by every call, and `check` says so. */
  down: StorageError | null;
  /** Thrown by `open` alone. */
  closed: Error | null;
  /** Outcomes instead of removal, by key. */
  readonly outcomes: Map<string, RemovalOutcome | ((call: number) => RemovalOutcome | null)>;
  /** Called before each call, may throw or wait. */
  before: ((call: Call) => void | Promise<void>) | null;
  /** Called after each removal was done and before its answer is given. */
  after: ((call: Call) => void | Promise<void>) | null;
}

export interface Call {
  readonly place: string;
  readonly method: 'list' | 'remove' | 'check' | 'describe' | 'stat' | 'standingAt' | 'uploadsOf';
  readonly refs: readonly ObjectRef[];
}

/** One place of a user: how a deletion sees it, and the doors for a test. */
export interface Place {
  readonly target: DeletionTarget;
  readonly faults: Faults;
}

export interface FixtureUser {
  readonly no: number;
  readonly id: string;
  readonly mail: string;
  readonly externalId: string;
}

/**
 * Deletions on a real workspace, vault and log, over places that a test gives. `crash` ends the domain as a kill would
 * and opens everything again on the same files.
 */
export class DeletionFixture {
  readonly dir: string;
  readonly places: Place[] = [];
  readonly calls: Call[] = [];
  readonly steps: Step[] = [];
  readonly log: string[] = [];
  readonly keychain: FakeKeychain;
  readonly patience: Partial<Patience>;
  ground!: Ground;
  deletions!: Deletions;
  admin!: Administrator;
  user!: FixtureUser;
  /** Milliseconds that the clock is ahead of the real one. */
  clockOffset = 0;
  onStep: ((step: Step) => void) | null = null;
  revoke: DeletionParts['revoke'];
  shared: string[] = [];
  #stores: { close(): void }[] = [];

  private constructor(dir: string, patience: Partial<Patience>) {
    this.dir = dir;
    this.patience = patience;
    this.keychain = new FakeKeychain();
  }

  static async open(
    options: { motor?: boolean; patience?: Partial<Patience>; dir?: string } = {},
  ): Promise<DeletionFixture> {
    const fixture = new DeletionFixture(options.dir ?? mkdtempSync(join(tmpdir(), 'qm-deletion-')), {
      ...IMPATIENT,
      ...options.patience,
    });
    await fixture.#openGround();
    await setUpVault(fixture);
    const root = await fixture.addUser('root@example.org', 'root', 'owner');
    fixture.admin = { kind: 'administrator', id: root.id, origin: ORIGIN };
    fixture.user = await fixture.addUser('Ada.Sample@example.org', 'u001', 'user');
    fixture.#openDeletions(options.motor ?? true);
    return fixture;
  }

  get workspaceDir(): string {
    return join(this.dir, 'workspace');
  }

  get db() {
    return this.ground.workspace.db;
  }

  async #openGround(keychain: Keychain | null = this.keychain): Promise<void> {
    const clock = () => Date.now() + this.clockOffset;
    const newId = () => v7();
    const log: Ground['log'] = (event, facts) => void this.log.push(JSON.stringify({ event, ...facts }));
    const { workspace } = openWorkspace({ dir: this.workspaceDir, create: true, clock, newId });
    const vault = openVault({ workspace, keychain, clock, randomBytes, newId, argon2: CHEAP });
    const audit = await openAudit({ workspace, vault, clock, newId, randomBytes, origin: ORIGIN, log });
    this.ground = { workspace, vault, audit, clock, newId, randomBytes, origin: ORIGIN, log };
  }

  #openDeletions(motor: boolean): void {
    const { ground } = this;
    this.deletions = openDeletions(ground, {
      targetsOf: (db, user) =>
        user.id === this.user.id
          ? this.places
              .map(({ target }) => target)
              .filter(
                ({ isCloud, sourceId }) =>
                  !isCloud || db.raw.prepare('SELECT 1 FROM connections WHERE id = ?').get(sourceId) !== undefined,
              )
          : [],
      purgeConnections(tx, userNo) {
        const rows = tx.raw
          .prepare<[number], { id: string; provider: string }>(
            'SELECT id, provider FROM connections WHERE user_no = ? ORDER BY no',
          )
          .all(userNo);
        tx.raw.prepare('DELETE FROM connections WHERE user_no = ?').run(userNo);
        return rows;
      },
      sharedWith: () => this.shared,
      requireAnotherActiveOwner,
      mailKeyOf: normaliseMailKey,
      userNoOf: (db, ref) => findUser(db, ref).no,
      endSessions: (tx, userNo, actor) => endSessionsOf(tx, ground.audit, userNo, actor, 'account_closed'),
      ...(this.revoke ? { revoke: this.revoke } : {}),
      motor,
      patience: this.patience,
      onStep: (step) => {
        this.steps.push(step);
        this.onStep?.(step);
      },
    });
  }

  async addUser(mail: string, externalId: string, role: 'owner' | 'user'): Promise<FixtureUser> {
    const vault = await this.ground.vault.ready();
    const id = v7();
    return this.ground.workspace.transaction((tx) => {
      const { lastInsertRowid } = tx.raw
        .prepare(
          `INSERT INTO users (id, external_id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
           VALUES (?, ?, ?, ?, ?, ?, 'active', 'x', 0, 1, x'', 0)`,
        )
        .run(id, externalId, mail, normaliseMailKey(mail), `Name of ${externalId}`, role);
      const no = Number(lastInsertRowid);
      tx.raw.prepare('INSERT INTO quotas (user_no, version) VALUES (?, 1)').run(no);
      this.ground.audit.append(tx, {
        actor: { kind: 'console', onBehalfOf: null, origin: ORIGIN },
        event: 'admin.user_created',
        target: { kind: 'user', id },
        sealed: renewSeal(tx, vault, 'users', id),
      });
      return { no, id, mail, externalId };
    });
  }

  /** A cloud connection's row with a real ciphertext; answers its numbers. */
  async addConnection(
    secret: string,
    provider: 'webdav' | 's3' = 'webdav',
    userNo = this.user.no,
  ): Promise<{ id: string; backendNo: number; ciphertext: Buffer }> {
    const vault = await this.ground.vault.ready();
    const id = v7();
    return this.ground.workspace.transaction((tx) => {
      const backendNo = Number(tx.raw.prepare('INSERT INTO backends (kind) VALUES (?)').run(provider).lastInsertRowid);
      const owner = tx.raw.prepare<[number], string>('SELECT id FROM users WHERE no = ?').pluck().get(userNo) ?? '';
      const ciphertext = Buffer.from(
        vault.encrypt({ table: 'connections', column: 'credentials', rowId: id, ownerId: owner }, new Secret(secret)),
      );
      tx.raw
        .prepare(
          `INSERT INTO connections (id, user_no, backend_no, provider, label, account, configuration, credentials, root, owned_root, state, version, seal, created_at)
           VALUES (?, ?, ?, ?, 'cloud', 'ada', '{}', ?, '/platform', 1, 'works', 1, x'', 0)`,
        )
        .run(id, userNo, backendNo, provider, ciphertext);
      this.ground.audit.append(tx, {
        actor: { kind: 'console', onBehalfOf: null, origin: ORIGIN },
        event: 'cloud.connection_added',
        target: { kind: 'connection', id },
        sealed: renewSeal(tx, vault, 'connections', id),
      });
      return { id, backendNo, ciphertext };
    });
  }

  addBackend(kind: 'folder' | 's3' | 'webdav'): number {
    return this.ground.workspace.transaction((tx) =>
      Number(tx.raw.prepare('INSERT INTO backends (kind) VALUES (?)').run(kind).lastInsertRowid),
    );
  }

  /** Adds a place, cloud or store, with its faults before it. Clouds are to be added before stores. */
  addPlace(target: Omit<DeletionTarget, 'open'>, open: () => Promise<StorageBackend> | StorageBackend): Place {
    const faults: Faults = { down: null, closed: null, outcomes: new Map(), before: null, after: null };
    const place: Place = {
      faults,
      target: {
        ...target,
        open: async () => {
          if (faults.closed) throw faults.closed;
          return faulty(await open(), target.label, faults, this.calls);
        },
      },
    };
    this.places.push(place);
    return place;
  }

  /** A folder store as a place of the user: the real built-in store, on a real folder. */
  async addFolderPlace(options: {
    cloud: boolean;
    reach?: 'owned' | 'recorded';
    label?: string;
    prefix?: string;
    secret?: string;
  }): Promise<
    Place & {
      put(key: string, body?: string): Promise<void>;
      keys(): Promise<string[]>;
      backendNo: number;
      sourceId: string;
      ciphertext: Buffer | null;
    }
  > {
    const { cloud, reach = 'owned', label = cloud ? 'cloud' : 'store', prefix = 'users/u001/' } = options;
    const connection = cloud ? await this.addConnection(options.secret ?? 'the cloud’s secret') : null;
    const backendNo = connection?.backendNo ?? this.addBackend('folder');
    const sourceId = connection?.id ?? v7();
    const store = await openFolderStore({
      dir: join(this.dir, `store-${sourceId}`),
      storeId: sourceId,
      clock: Date.now,
      randomBytes,
    });
    this.#stores.push(store);
    const place = this.addPlace(
      {
        sourceId,
        backendNo,
        kind: 'folder',
        label,
        isCloud: cloud,
        reach,
        prefix,
        recordPrefix: '',
        basis: `${label} 1`,
      },
      () => store.scope(prefix),
    );
    const all = async (): Promise<string[]> => {
      const keys: string[] = [];
      for await (const { items } of store.list('', { what: 'objects' })) keys.push(...items.map(({ key }) => key));
      return keys;
    };
    return {
      ...place,
      backendNo,
      sourceId,
      ciphertext: connection?.ciphertext ?? null,
      keys: all,
      async put(key, body = 'x') {
        const folder = key.slice(0, key.indexOf('/', key.indexOf('/') + 1) + 1) || `${key.split('/')[0]}/`;
        await store.scope(folder).put?.(key, Readable.from([body]), Buffer.byteLength(body));
      },
    };
  }

  /** Writes documents down, as an index would. */
  record(backendNo: number, keys: readonly string[], size = 1, userNo = this.user.no): void {
    this.ground.workspace.transaction((tx) => {
      const insert = tx.raw.prepare('INSERT INTO documents (backend_no, user_no, key, size) VALUES (?, ?, ?, ?)');
      for (const key of keys) insert.run(backendNo, userNo, key, size);
    });
  }

  /** Ends the domain without letting it finish anything, and opens all of it again on the same files. */
  async crash(options: { motor?: boolean } = {}): Promise<void> {
    this.onStep = () => {
      throw new Error('crashed');
    };
    await this.deletions.close();
    this.ground.vault.close();
    this.ground.workspace.close();
    this.onStep = null;
    await this.#openGround();
    this.#openDeletions(options.motor ?? true);
  }

  async plan(): Promise<Plan> {
    return this.deletions.plan(this.admin, this.user.mail);
  }

  async start(
    options: { whenDown?: 'wait' | 'without_unreachable' | 'best_effort'; review?: boolean; plan?: Plan } = {},
  ): Promise<Deletion> {
    const plan = options.plan ?? (await this.plan());
    return this.deletions.start(this.admin, {
      planId: plan.id,
      confirm: this.user.mail,
      whenDown: options.whenDown ?? 'wait',
      review: options.review ?? false,
    });
  }

  /** Waits until the deletion is in a state for which `is` holds. */
  async until(id: string, is: (deletion: Deletion) => boolean, timeoutMs = 20_000): Promise<Deletion> {
    const signal = AbortSignal.timeout(timeoutMs);
    for await (const deletion of this.deletions.watch(id, signal)) if (is(deletion)) return deletion;
    const last = this.deletions.show(id);
    if (is(last)) return last;
    throw new Error(`it did not come to that: ${JSON.stringify(last)}\n${this.log.join('\n')}`);
  }

  done(id: string): Promise<Deletion> {
    return this.until(id, ({ state }) => state === 'done');
  }

  events(): string[] {
    return this.db.raw.prepare<[], string>('SELECT event FROM audit_entries ORDER BY sequence').pluck().all();
  }

  /** The stages that the log says were reached, in order. */
  stages(): string[] {
    return this.db.raw
      .prepare<[], string>(
        "SELECT json_extract(entry, '$.metadata.stage') FROM audit_entries WHERE event = 'deletion.stage_reached' ORDER BY sequence",
      )
      .pluck()
      .all();
  }

  async dispose(): Promise<void> {
    await this.deletions.close();
    await this.ground.audit.close();
    this.ground.vault.close();
    this.ground.workspace.close();
    for (const store of this.#stores) store.close();
    rmSync(this.dir, { recursive: true, force: true });
  }
}

/** A backend with what a test puts before it. */
function faulty(real: StorageBackend, place: string, faults: Faults, calls: Call[]): StorageBackend {
  const attempts = new Map<string, number>();
  async function enter(method: Call['method'], refs: readonly ObjectRef[] = []): Promise<Call> {
    const call = { place, method, refs };
    calls.push(call);
    await faults.before?.(call);
    if (faults.down) throw faults.down;
    return call;
  }
  const wrapped: StorageBackend = {
    kind: real.kind,
    async *list(options) {
      await enter('list');
      for await (const page of real.list(options)) {
        if (faults.down) throw faults.down;
        yield page;
      }
    },
    async remove(refs, signal) {
      const call = await enter('remove', refs);
      const outcomes = new Map<ObjectRef, RemovalOutcome>();
      const rest: ObjectRef[] = [];
      for (const ref of refs) {
        const scripted = faults.outcomes.get(ref.key);
        const attempt = (attempts.get(ref.key) ?? 0) + 1;
        attempts.set(ref.key, attempt);
        const outcome = typeof scripted === 'function' ? scripted(attempt) : (scripted ?? null);
        if (outcome) outcomes.set(ref, outcome);
        else rest.push(ref);
      }
      const answers = rest.length > 0 ? await real.remove(rest, signal) : [];
      for (const [index, ref] of rest.entries()) outcomes.set(ref, answers[index]!);
      await faults.after?.(call);
      return refs.map((ref) => outcomes.get(ref)!);
    },
    async check(signal) {
      calls.push({ place, method: 'check', refs: [] });
      if (faults.down)
        return {
          ok: false,
          state: faults.down.failure === 'reauthorise' ? 'reauthorise' : 'unreachable',
          message: faults.down.message,
          clockSkewMs: null,
        };
      return real.check(signal);
    },
    async describe(signal) {
      await enter('describe');
      return real.describe(signal);
    },
    async stat(key, signal) {
      await enter('stat');
      return real.stat(key, signal);
    },
    close: () => real.close(),
  };
  if (real.standingAt)
    wrapped.standingAt = async (key, signal) => {
      await enter('standingAt');
      return (await real.standingAt?.(key, signal)) ?? [];
    };
  if (real.uploadsOf)
    wrapped.uploadsOf = async (key, signal) => {
      await enter('uploadsOf');
      return (await real.uploadsOf?.(key, signal)) ?? [];
    };
  return wrapped;
}

export const offline = (message = 'Nothing answered.'): StorageError => new StorageError('offline', message);
export const failing = (message = 'The server fails (503).'): StorageError => new StorageError('backend', message);
export const unauthorised = (message = 'The server does not take the password.'): StorageError =>
  new StorageError('reauthorise', message);
