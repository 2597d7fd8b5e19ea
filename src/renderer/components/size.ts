const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
const NO_BREAK = '\u00a0';

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

/** Bytes for people, in binary units and three figures: `9.20 GiB`, `18.6 GiB`, `213 GiB`, `0 B`. */
export function sizeText(bytes: number): string {
  const { value, unit } = inUnit(bytes);
  return `${unit === 'B' ? value : threeFigures(value)}${NO_BREAK}${unit}`;
}

/** A limit as it was meant: `20 GiB`, `1.5 TiB`; three figures where it is no round number. */
export function limitText(bytes: number): string {
  const { value, unit } = inUnit(bytes);
  const short = String(value);
  return `${short.length <= 4 ? short : threeFigures(value)}${NO_BREAK}${unit}`;
}

/** `5,368,709,120 bytes`: the exact size, to echo what was typed. */
export function bytesText(bytes: number): string {
  return `${countText(bytes)}${NO_BREAK}${bytes === 1 ? 'byte' : 'bytes'}`;
}

export function countText(count: number): string {
  return count.toLocaleString('en-US');
}

/** `1 document`, `2 documents`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

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

function inUnit(bytes: number): { value: number; unit: (typeof UNITS)[number] } {
  let value = bytes;
  let index = 0;
  // 1023.6 KiB would print as 1024 KiB: it is a MiB to people.
  while (index < UNITS.length - 1 && (index === 0 ? value : Math.round(value)) >= 1024) {
    value /= 1024;
    index += 1;
  }
  return { value, unit: UNITS[index] ?? 'B' };
}

function threeFigures(value: number): string {
  if (value < 9.995) return value.toFixed(2);
  return value < 99.95 ? value.toFixed(1) : value.toFixed(0);
}
