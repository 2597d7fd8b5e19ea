const TYPED_UNITS: Readonly<Record<string, number>> = {
  b: 1,
  kib: 2 ** 10,
  mib: 2 ** 20,
  gib: 2 ** 30,
  tib: 2 ** 40,
  kb: 1e3,
  mb: 1e6,
  gb: 1e9,
  tb: 1e12,
};

export type TypedSize = { ok: true; bytes: number | null } | { ok: false; reason: string };

/**
 * What somebody typed as a limit: `5 GiB`, `500MiB`, `10 GB` (10^9), bare bytes, or `unlimited` (null). Refuses what
 * could be read in two ways, and what no quota can hold.
 */
export function parseSize(text: string): TypedSize {
  const typed = text.trim().toLowerCase();
  if (typed === 'unlimited') return { ok: true, bytes: null };
  const match = /^(\d+(?:\.\d+)?)\s*([a-z]*)$/.exec(typed);
  if (!match) return { ok: false, reason: 'Write a size such as 5 GiB, 500 MiB or unlimited.' };
  const [, number = '', unit = ''] = match;
  const factor = unit === '' ? 1 : TYPED_UNITS[unit];
  if (factor === undefined)
    return { ok: false, reason: `${unit} is not a unit. Use KiB, MiB, GiB, TiB, or KB, MB, GB, TB.` };
  if (factor === 1 && number.includes('.')) return { ok: false, reason: 'Bytes have no fractions.' };
  const bytes = Math.round(Number(number) * factor);
  if (!Number.isSafeInteger(bytes)) return { ok: false, reason: 'That is more than can be counted exactly.' };
  return { ok: true, bytes };
}
