import type { Actor, Ground } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { readSettings } from '../settings/index.ts';
import { type QuotaAnswer, type QuotaRow, toQuota } from './quota.ts';

/** The user whose quota it is; found by the caller, who knows how users are named. */
export interface QuotaOwner {
  readonly no: number;
  readonly id: string;
  readonly status: string;
}

export interface QuotaChange {
  readonly userId: string;
  readonly quota: QuotaAnswer;
  readonly belowUsage: boolean;
  readonly previousLimitBytes: number | null;
}

export interface Quotas {
  show(user: string): { userId: string; quota: QuotaAnswer };
  /** Null means no limit. A limit below present usage is allowed, and the answer says that it is (Q2). */
  set(actor: Actor, change: { user: string; limitBytes: number | null; expectedVersion: number }): QuotaChange;
}

export function openQuotas(ground: Ground, findUser: (ref: string) => QuotaOwner): Quotas {
  const { workspace, audit } = ground;
  const read = workspace.db.raw.prepare<[number], QuotaRow>(
    'SELECT limit_bytes, used_bytes, document_count, counted_at, version AS quota_version FROM quotas WHERE user_no = ?',
  );
  const rowOf = (no: number): QuotaRow => {
    const row = read.get(no);
    if (!row) throw new Error('a user without a quota row');
    return row;
  };
  return {
    show(ref) {
      const { no, id } = findUser(ref);
      return { userId: id, quota: toQuota(rowOf(no), readSettings(workspace.db)) };
    },
    set: (actor, { user, limitBytes, expectedVersion }) =>
      workspace.transaction((tx) => {
        const owner = findUser(user);
        const before = rowOf(owner.no);
        if (owner.status === 'deleting')
          throw new Refusal(
            'USER_BEING_DELETED',
            'This user is being deleted, so the quota cannot be changed any more.',
          );
        if (before.quota_version !== expectedVersion)
          throw new Refusal(
            'CHANGED_MEANWHILE',
            'The quota was changed meanwhile. Look at it again and repeat the change.',
            {
              version: before.quota_version,
            },
          );
        tx.raw
          .prepare('UPDATE quotas SET limit_bytes = ?, version = version + 1 WHERE user_no = ?')
          .run(limitBytes, owner.no);
        const belowUsage = limitBytes !== null && limitBytes < before.used_bytes;
        audit.append(tx, {
          actor,
          event: 'admin.quota_changed',
          target: { kind: 'user', id: owner.id },
          metadata: {
            fromBytes: sized(before.limit_bytes),
            toBytes: sized(limitBytes),
            usedBytes: sized(before.used_bytes),
            belowUsage,
          },
        });
        return {
          userId: owner.id,
          quota: toQuota(rowOf(owner.no), readSettings(tx)),
          belowUsage,
          previousLimitBytes: before.limit_bytes,
        };
      }),
  };
}

/** The log writes 64-bit integers as text. */
function sized(bytes: number | null): string {
  return bytes === null ? 'unlimited' : String(bytes);
}
