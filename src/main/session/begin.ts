import { createHash } from 'node:crypto';
import type { Tx } from '../database/index.ts';
import type { Actor, Ground } from '../ground.ts';
import { renewSeal, type UnlockedVault } from '../vault/index.ts';
import { type LiveSession, LONGEST_MS, STEP_UP_MS } from './live.ts';
import type { Line } from './session.ts';

export function hashOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** A token is 32 random bytes; the console keeps its SHA-256 alone. */
export function newToken(ground: Ground): string {
  return Buffer.from(ground.randomBytes(32)).toString('base64url');
}

interface Beginning {
  readonly line: Line;
  readonly user: { readonly no: number; readonly id: string; readonly passwordHash: string };
  readonly token: string;
  /** Null while the vault is locked: then there is no row, since nothing could seal it. */
  readonly vault: UnlockedVault | null;
}

/** Writes a new session with its entry. Having just typed the password counts as step-up. */
export function beginSession(tx: Tx, ground: Ground, { line, user, token, vault }: Beginning): LiveSession {
  const now = ground.clock();
  const id = ground.newId();
  const expiresAt = now + LONGEST_MS;
  const tokenHash = hashOf(token);
  const actor: Actor = { kind: 'administrator', id: user.id, origin: line.origin };
  // Rows past their time are of no use to anybody; their own seal says when that was.
  tx.raw.prepare('DELETE FROM sessions WHERE expires_at <= ?').run(now);
  if (vault)
    tx.raw
      .prepare(
        `INSERT INTO sessions (id, user_no, token_hash, host, created_at, expires_at, version, seal)
         VALUES (?, ?, ?, ?, ?, ?, 1, x'')`,
      )
      .run(id, user.no, tokenHash, line.origin.host, now, expiresAt);
  ground.audit.append(tx, {
    actor,
    event: 'admin.signed_in',
    target: { kind: 'session', id },
    metadata: { readOnly: vault === null },
    ...(vault ? { sealed: renewSeal(tx, vault, 'sessions', id) } : {}),
  });
  tx.raw.prepare('UPDATE users SET last_sign_in_at = ? WHERE no = ?').run(now, user.no);
  return {
    id,
    userNo: user.no,
    userId: user.id,
    expiresAt,
    hasRow: vault !== null,
    tokenHash: tokenHash.toString('hex'),
    passwordHash: user.passwordHash,
    lastSeenAt: now,
    steppedUpUntil: now + STEP_UP_MS,
  };
}
