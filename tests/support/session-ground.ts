import type { Tx } from '../../src/main/database/index.ts';
import { type Line, normaliseMailKey, openSession, type Session } from '../../src/main/session/index.ts';
import { type Keychain, renewSeal, type UnlockedVault } from '../../src/main/vault/index.ts';
import type { FakeKeychain } from './fake-keychain.ts';
import { CHEAP, ORIGIN, openVaultGround, type VaultGround } from './vault-ground.ts';

export const OWNER = {
  workspaceName: 'Archive',
  mail: 'root@example.org',
  name: 'Root',
  password: 'correct horse battery',
} as const;

/** Sessions on a real workspace, with a keychain in memory. */
export interface SessionGround {
  readonly on: VaultGround<FakeKeychain>;
  readonly session: Session;
  /** A new client's line. */
  line(): Line;
  reopen(keychain?: Keychain | null): Promise<SessionGround>;
  dispose(): Promise<void>;
}

export async function openSessionGround(on?: VaultGround<FakeKeychain>): Promise<SessionGround> {
  const ground = on ?? (await openVaultGround());
  return {
    on: ground,
    session: openSession(ground.ground, { argon2: CHEAP }),
    line: () => ({ sessionId: null, origin: ORIGIN }),
    reopen: async (keychain) => openSessionGround(await ground.reopen(keychain)),
    dispose: () => ground.dispose(),
  };
}

/** The same, set up and signed in on the line that is answered. */
export async function openSetUpSession(
  passphrase?: string,
): Promise<{ one: SessionGround; line: Line; token: string; userId: string }> {
  const one = await openSessionGround();
  const line = one.line();
  const { token, userId } = await one.session.setUp(line, { ...OWNER, passphrase });
  return { one, line, token, userId };
}

/** Another user, written as the console would write one. */
export async function plantUser(
  one: SessionGround,
  user: {
    id: string;
    mail: string;
    role: 'owner' | 'user';
    status: 'active' | 'inactive';
    passwordHash: string;
    mustChange?: boolean;
  },
): Promise<void> {
  const vault = await one.on.vault.ready();
  one.on.workspace.transaction((tx) => {
    tx.raw
      .prepare(
        `INSERT INTO users (id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
           VALUES (@id, @mail, @mailKey, @id, @role, @status, @passwordHash, @mustChange, 1, x'', 0)`,
      )
      .run({ ...user, mailKey: normaliseMailKey(user.mail), mustChange: user.mustChange ? 1 : 0 });
    reseal(one, tx, vault, user.id);
  });
}

/** Changes a user's row as the console would: version, seal, entry. */
export async function changeUser(one: SessionGround, id: string, assignment: string): Promise<void> {
  const vault = await one.on.vault.ready();
  one.on.workspace.transaction((tx) => {
    tx.raw.prepare(`UPDATE users SET ${assignment}, version = version + 1 WHERE id = ?`).run(id);
    reseal(one, tx, vault, id);
  });
}

function reseal(one: SessionGround, tx: Tx, vault: UnlockedVault, id: string): void {
  one.on.audit.append(tx, {
    actor: { kind: 'console', onBehalfOf: null, origin: ORIGIN },
    event: 'admin.user_updated',
    target: { kind: 'user', id },
    sealed: renewSeal(tx, vault, 'users', id),
  });
}
