import { describe, expect, test } from 'vitest';
import { type QuotaRow, toQuota } from './quota.ts';

const thresholds = { quotaWarningShare: 0.8, quotaFullShare: 1 };
const row = (part: Partial<QuotaRow>): QuotaRow => ({
  limit_bytes: 1000,
  used_bytes: 0,
  document_count: 1,
  counted_at: 1_764_000_000_000,
  quota_version: 3,
  ...part,
});

describe('Q1: a quota as it is answered', () => {
  test.each([
    ['nothing used', { used_bytes: 0 }, 'ok', 0],
    ['a byte below the warning', { used_bytes: 799 }, 'ok', 0.799],
    ['at the warning', { used_bytes: 800 }, 'warning', 0.8],
    ['a byte below the limit', { used_bytes: 999 }, 'warning', 0.999],
    ['at the limit', { used_bytes: 1000 }, 'full', 1],
    ['over the limit', { used_bytes: 1010 }, 'full', 1.01],
    ['no limit', { limit_bytes: null, used_bytes: 5 }, 'unlimited', null],
    ['a limit of nothing', { limit_bytes: 0 }, 'full', null],
    ['never counted, no documents', { counted_at: null, document_count: 0 }, 'uncounted', null],
    [
      'never counted, no documents, no limit',
      { counted_at: null, document_count: 0, limit_bytes: null },
      'uncounted',
      null,
    ],
    ['never counted, but documents recorded', { counted_at: null, used_bytes: 900 }, 'warning', 0.9],
    ['counted, no documents', { document_count: 0 }, 'ok', 0],
  ] as const)('%s', (_what, part, state, share) => {
    expect(toQuota(row(part), thresholds)).toMatchObject({ state, share });
  });

  test('the thresholds are the settings’', () => {
    const state = (used_bytes: number) =>
      toQuota(row({ used_bytes }), { quotaWarningShare: 0.5, quotaFullShare: 1.2 }).state;
    expect([499, 500, 1000, 1199, 1200].map(state)).toEqual(['ok', 'warning', 'warning', 'warning', 'full']);
  });

  test.each([
    [0, 0],
    [1, 0],
    [5243, 0.01],
    [1_048_576, 1],
    [1_572_864, 1.5],
    [10_000_000, 9.54],
    [Number.MAX_SAFE_INTEGER, 8_589_934_592],
  ])('%d bytes are %d MiB (2^20) with two decimals', (bytes, mib) => {
    const quota = toQuota(row({ limit_bytes: bytes, used_bytes: bytes }), thresholds);
    expect(quota).toMatchObject({ limitBytes: bytes, usedBytes: bytes, limitMiB: mib, usedMiB: mib });
  });

  test('carries version and the time of the last count', () => {
    expect(toQuota(row({}), thresholds)).toMatchObject({ version: 3, countedAt: '2025-11-24T16:00:00.000Z' });
    expect(toQuota(row({ counted_at: null }), thresholds).countedAt).toBeNull();
  });
});
