/** Units as people write them: binary ones by powers of 1024, decimal ones by powers of 1000. */
const units: Readonly<Record<string, bigint>> = {
  b: 1n,
  kib: 1n << 10n,
  mib: 1n << 20n,
  gib: 1n << 30n,
  tib: 1n << 40n,
  pib: 1n << 50n,
  kb: 10n ** 3n,
  mb: 10n ** 6n,
  gb: 10n ** 9n,
  tb: 10n ** 12n,
  pb: 10n ** 15n,
};

const SIZE = /^(\d{1,20})(?:\.(\d{1,20}))?[ ]?([A-Za-z]*)$/;

/** A size that cannot be one; the message is a sentence for the person who typed it. */
export class SizeError extends Error {
  override readonly name = 'SizeError';
}

/**
 * Bytes of `10GiB`, `500 MiB`, `1.5GB` or a bare number of bytes; null for `unlimited`. The arithmetic is exact: what is
 * not a whole number of bytes, negative, or above 2^53 - 1 is refused rather than rounded.
 */
export function parseSize(text: string): number | null {
  if (text.trim().toLowerCase() === 'unlimited') return null;
  const found = SIZE.exec(text.trim());
  const unit = units[(found?.[3] || 'b').toLowerCase()];
  if (!found || unit === undefined)
    throw new SizeError(`'${text}' is not a size. Write 10GiB, 500MiB, unlimited, or a number of bytes.`);
  const fraction = found[2] ?? '';
  const scaled = BigInt(`${found[1]}${fraction}`) * unit;
  const divisor = 10n ** BigInt(fraction.length);
  if (scaled % divisor !== 0n) throw new SizeError(`'${text}' is not a whole number of bytes.`);
  const bytes = scaled / divisor;
  if (bytes > BigInt(Number.MAX_SAFE_INTEGER))
    throw new SizeError(`'${text}' is more than this console can count (${Number.MAX_SAFE_INTEGER} bytes).`);
  return Number(bytes);
}

const binaryNames = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;

/** In binary units with at most one decimal: `4.8 GiB`, `512 B`. */
export function formatSize(bytes: number): string {
  let unit = 0;
  let value = bytes;
  while (unit < binaryNames.length - 1 && Math.round(value * 10) / 10 >= 1024) {
    value /= 1024;
    unit += 1;
  }
  const rounded = unit === 0 ? value : Math.round(value * 10) / 10;
  return `${rounded} ${binaryNames[unit]}`;
}

export function formatLimit(limitBytes: number | null): string {
  return limitBytes === null ? 'unlimited' : formatSize(limitBytes);
}

/** The size as it was understood, with the bytes: `5 GiB (5,368,709,120 bytes)`. */
export function echoSize(limitBytes: number | null): string {
  return limitBytes === null
    ? 'unlimited'
    : `${formatSize(limitBytes)} (${formatCount(limitBytes)} ${limitBytes === 1 ? 'byte' : 'bytes'})`;
}

const counts = new Intl.NumberFormat('en-US');

export function formatCount(count: number): string {
  return counts.format(count);
}

/** `1 object`, `1,204 objects`. */
export function countOf(count: number, one: string, many = `${one}s`): string {
  return `${formatCount(count)} ${count === 1 ? one : many}`;
}

const percents = new Intl.NumberFormat('en-US', { style: 'percent', maximumFractionDigits: 1 });

export function formatShare(share: number | null): string {
  if (share === null) return '–';
  // Something is stored, and it must not look like nothing.
  return share > 0 && share < 0.0005 ? '<0.1%' : percents.format(share);
}
