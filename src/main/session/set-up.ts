import type { Db, Tx } from '../database/index.ts';
import type { Actor, Ground } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { Secret } from '../secret.ts';
import { SETTINGS_ROW, writeFirstSettings } from '../settings/index.ts';
import { type Argon2Parameters, renewSeal, type UnlockedVault } from '../vault/index.ts';
import { beginSession, newToken } from './begin.ts';
import type { LiveSession } from './live.ts';
import { normaliseMailKey } from './mail-key.ts';
import { hashPassword } from './passwords.ts';
import type { Line, SetUp } from './session.ts';

/** What other domains lay down in the same transaction: the built-in store. */
export type Alongside = (tx: Tx, vault: UnlockedVault, actor: Actor) => void;

/** Whether set-up was done: any of what it writes is enough, so that taking rows away does not offer it again. */
export function isSetUp(db: Db): boolean {
  return (
    db.raw
      .prepare(
        `SELECT 1 WHERE EXISTS (SELECT 1 FROM key_generations) OR EXISTS (SELECT 1 FROM users) OR EXISTS (SELECT 1 FROM settings)`,
      )
      .get() !== undefined
  );
}

function refuseSecondSetUp(db: Db): void {
  if (!isSetUp(db)) return;
  throw new Refusal(
    'ALREADY_SET_UP',
    'This workspace is set up already. Sign in as one of its administrators instead.',
  );
}

/**
 * First start: vault, settings, first administrator with quota row and session, and their audit entries, in one
 * transaction. The log's key is made right after it, and its fingerprint answered.
 */
export async function setUp(
  ground: Ground,
  line: Line,
  input: SetUp,
  argon2: Argon2Parameters,
  alongside?: Alongside,
): Promise<{ live: LiveSession; token: string; auditKey: string }> {
  const { workspace, vault, audit } = ground;
  refuseSecondSetUp(workspace.db);
  const passwordHash = await hashPassword(new Secret(input.password), argon2);
  const unlocked = await vault.create(input.passphrase === undefined ? null : new Secret(input.passphrase));
  const token = newToken(ground);
  const live = workspace.transaction((tx) => {
    refuseSecondSetUp(tx); // Somebody else may have been faster while the password was hashed.
    writeWorkspace(tx, ground, unlocked, line, input.workspaceName);
    alongside?.(tx, unlocked, { kind: 'anonymous', origin: line.origin });
    const user = writeFirstOwner(tx, ground, unlocked, line, input, passwordHash);
    return beginSession(tx, ground, { line, user, token, vault: unlocked });
  });
  await audit.checkpoint();
  return { live, token, auditKey: audit.fingerprint() ?? '' };
}

function writeWorkspace(tx: Tx, ground: Ground, vault: UnlockedVault, line: Line, workspaceName: string): void {
  const actor: Actor = { kind: 'anonymous', origin: line.origin };
  writeFirstSettings(tx, workspaceName);
  const recipients = ground.vault.record(tx, ground.clock());
  ground.audit.append(tx, {
    actor,
    event: 'console.workspace_created',
    target: { kind: 'workspace', id: ground.workspace.id },
    metadata: { vault: recipients.length > 0 ? 'passphrase' : 'keychain' },
    sealed: renewSeal(tx, vault, 'settings', SETTINGS_ROW),
  });
  for (const sealed of recipients)
    ground.audit.append(tx, {
      actor,
      event: 'console.vault_recipient_added',
      target: { kind: 'vault_recipient', id: sealed.rowId },
      sealed,
    });
}

function writeFirstOwner(
  tx: Tx,
  ground: Ground,
  vault: UnlockedVault,
  line: Line,
  { mail, name }: SetUp,
  passwordHash: string,
): { no: number; id: string; passwordHash: string } {
  const id = ground.newId();
  const address = mail.trim().normalize('NFC');
  const { lastInsertRowid } = tx.raw
    .prepare(
      `INSERT INTO users (id, mail, mail_key, name, role, status, password_hash, password_must_change, version, seal, created_at)
       VALUES (?, ?, ?, ?, 'owner', 'active', ?, 0, 1, x'', ?)`,
    )
    .run(id, address, normaliseMailKey(address), name.normalize('NFC'), passwordHash, ground.clock());
  const no = Number(lastInsertRowid);
  tx.raw.prepare('INSERT INTO quotas (user_no, limit_bytes, version) VALUES (?, NULL, 1)').run(no);
  ground.audit.append(tx, {
    actor: { kind: 'anonymous', origin: line.origin },
    event: 'admin.user_created',
    target: { kind: 'user', id },
    metadata: { role: 'owner', first: true },
    sealed: renewSeal(tx, vault, 'users', id),
  });
  return { no, id, passwordHash };
}
