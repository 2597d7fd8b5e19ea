import { durationText } from '../../../contract/figures.ts';
import { withPlainSpaces } from './text.ts';

const steps: readonly [Intl.RelativeTimeFormatUnit, number][] = [
  ['second', 60],
  ['minute', 60],
  ['hour', 24],
  ['day', 30.44],
  ['month', 12],
  ['year', Number.POSITIVE_INFINITY],
];
const words = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

/** How long ago or ahead a moment lies: `3 days ago`, `now`. */
export function relativeTime(iso: string | null, nowMs: number): string {
  if (iso === null) return '–';
  let amount = (Date.parse(iso) - nowMs) / 1000;
  if (Math.abs(amount) < 5) return 'now';
  for (const [unit, size] of steps) {
    if (Math.abs(amount) < size) return words.format(Math.trunc(amount), unit);
    amount /= size;
  }
  return iso;
}

/** The exact moment and how long ago that is. */
export function exactTime(iso: string | null, nowMs: number): string {
  return iso === null ? '–' : `${iso} (${relativeTime(iso, nowMs)})`;
}

/** A span as people say it: `42 s`, `3 min 5 s`, `2 h 10 min`. */
export function formatDuration(milliseconds: number): string {
  return withPlainSpaces(durationText(milliseconds));
}

const DURATION = /^(\d{1,9})\s?(s|m|min|h|d)?$/;
const secondsOf: Readonly<Record<string, number>> = { s: 1, m: 60, min: 60, h: 3600, d: 86_400 };

/** Seconds of `90`, `15m`, `2h`, `7d`; null where it is none of these. */
export function parseDuration(text: string): number | null {
  const found = DURATION.exec(text.trim());
  return found ? Number(found[1]) * (secondsOf[found[2] ?? 's'] ?? 1) : null;
}
