import {
  bytesText,
  countText,
  limitText,
  percentOf,
  plural,
  sizeText,
  wholePercent,
} from '../../../contract/figures.ts';
import { withPlainSpaces } from './text.ts';

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
    throw new SizeError(`'${text}' is more than this console can count (${plural(Number.MAX_SAFE_INTEGER, 'byte')}).`);
  return Number(bytes);
}

/** `4.80 GiB`, `512 B`. */
export function formatSize(bytes: number): string {
  return withPlainSpaces(sizeText(bytes));
}

export function formatLimit(limitBytes: number | null): string {
  return limitBytes === null ? 'unlimited' : withPlainSpaces(limitText(limitBytes));
}

/** The size as it was understood, with the bytes: `5 GiB (5,368,709,120 bytes)`. */
export function echoSize(limitBytes: number | null): string {
  return limitBytes === null ? 'unlimited' : `${formatLimit(limitBytes)} (${withPlainSpaces(bytesText(limitBytes))})`;
}

export const formatCount = countText;

/** `1 object`, `1,204 objects`. */
export const countOf = plural;

/** How full a quota is: `93 %`; a dash where there is no limit. */
export function formatQuotaShare({
  usedBytes,
  limitBytes,
}: {
  readonly usedBytes: number;
  readonly limitBytes: number | null;
}): string {
  return limitBytes === null ? '–' : formatShare(usedBytes, limitBytes);
}

/** A part of a whole: `93 %`, `<1 %`. */
export function formatShare(part: number, whole: number): string {
  return `${wholePercent(percentOf(part, whole))} %`;
}

/** A share that somebody has set, as it was set: `80 %`, `87.5 %`. */
export function formatSetShare(share: number): string {
  return `${Math.round(share * 10_000) / 100} %`;
}
