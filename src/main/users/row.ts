import type { User } from '../../contract/users.ts';
import type { Db } from '../database/index.ts';
import { type QuotaRow, type Thresholds, toQuota } from '../quotas/index.ts';
import { readSettings } from '../settings/index.ts';

/** The user as the contract answers it. */
export type UserAnswer = User;

/** A user with quota and AI model, as read for an answer: never with the password's hash or the seal. */
export interface UserRow extends QuotaRow {
  readonly no: number;
  readonly id: string;
  readonly external_id: string | null;
  readonly mail: string;
  readonly mail_key: string;
  readonly name: string;
  readonly role: 'owner' | 'user';
  readonly status: 'active' | 'inactive' | 'deleting';
  readonly password_must_change: number;
  readonly connection_count: number;
  readonly version: number;
  readonly created_at: number;
  readonly last_sign_in_at: number | null;
  readonly ai_provider: string | null;
  readonly ai_model: string | null;
}

export const USER_COLUMNS = `
  u.no, u.id, u.external_id, u.mail, u.mail_key, u.name, u.role, u.status, u.password_must_change, u.connection_count, u.version,
  u.created_at, u.last_sign_in_at, q.limit_bytes, q.used_bytes, q.document_count, q.counted_at, q.version AS quota_version,
  p.name AS ai_provider, m.name AS ai_model`;

export const USER_TABLES = `
  users u JOIN quotas q ON q.user_no = u.no
  LEFT JOIN ai_models m ON m.no = u.ai_model_no LEFT JOIN ai_providers p ON p.no = m.provider_no`;

/** The answer, built by naming the fields that may go out. */
export function toUser(row: UserRow, thresholds: Thresholds): UserAnswer {
  return {
    id: row.id,
    externalId: row.external_id,
    mail: row.mail,
    name: row.name,
    role: row.role,
    status: row.status,
    passwordMustChange: row.password_must_change === 1,
    ai: row.ai_provider === null || row.ai_model === null ? null : { provider: row.ai_provider, model: row.ai_model },
    quota: toQuota(row, thresholds),
    connectionCount: row.connection_count,
    account: null,
    version: row.version,
    createdAt: new Date(row.created_at).toISOString(),
    lastSignInAt: row.last_sign_in_at === null ? null : new Date(row.last_sign_in_at).toISOString(),
  };
}

export function readUser(db: Db, no: number): UserAnswer {
  const row = db.raw.prepare<[number], UserRow>(`SELECT ${USER_COLUMNS} FROM ${USER_TABLES} WHERE u.no = ?`).get(no);
  if (!row) throw new Error('the user is gone');
  return toUser(row, readSettings(db));
}
