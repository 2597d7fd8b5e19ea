import type { z } from 'zod';
import type { Quota } from '../../contract/quotas.ts';

export type QuotaAnswer = z.infer<typeof Quota>;

export interface QuotaRow {
  readonly limit_bytes: number | null;
  readonly used_bytes: number;
  readonly document_count: number;
  readonly counted_at: number | null;
  readonly quota_version: number;
}

/** Shares of the limit from which a quota warns and counts as full. */
export interface Thresholds {
  readonly quotaWarningShare: number;
  readonly quotaFullShare: number;
}

const MIB = 2 ** 20;

/** MiB (2^20 bytes) with two decimals, rounded to the nearest. */
function toMiB(bytes: number): number {
  return Math.round((bytes / MIB) * 100) / 100;
}

/** The quota as it is answered: bytes, MiB, share of the limit, and the state that follows from them (Q1). */
export function toQuota(row: QuotaRow, thresholds: Thresholds): QuotaAnswer {
  const { limit_bytes: limitBytes, used_bytes: usedBytes } = row;
  const isCounted = row.counted_at !== null || row.document_count > 0;
  // Nothing can be divided by a limit of zero: such a quota is simply full.
  const share = limitBytes === null || limitBytes === 0 || !isCounted ? null : usedBytes / limitBytes;
  return {
    limitBytes,
    usedBytes,
    limitMiB: limitBytes === null ? null : toMiB(limitBytes),
    usedMiB: toMiB(usedBytes),
    share,
    state: stateOf(limitBytes, isCounted, share, thresholds),
    countedAt: row.counted_at === null ? null : new Date(row.counted_at).toISOString(),
    version: row.quota_version,
  };
}

function stateOf(
  limitBytes: number | null,
  isCounted: boolean,
  share: number | null,
  { quotaWarningShare, quotaFullShare }: Thresholds,
): QuotaAnswer['state'] {
  if (!isCounted) return 'uncounted';
  if (limitBytes === null) return 'unlimited';
  if (share === null || share >= quotaFullShare) return 'full';
  return share >= quotaWarningShare ? 'warning' : 'ok';
}
