// How counts, sizes and shares are written for people: alike in the window, on the command line and on paper.

const UNITS = ['B', 'KiB', 'MiB', 'GiB', 'TiB', 'PiB'] as const;
const NO_BREAK = '\u00a0';
const counts = new Intl.NumberFormat('en-US');

/** Bytes in binary units and three figures: `9.20 GiB`, `18.6 GiB`, `213 GiB`, `0 B`. */
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

/** `1,204`. */
export function countText(count: number): string {
  return counts.format(count);
}

/** `1 document`, `1,204 documents`. */
export function plural(count: number, one: string, many = `${one}s`): string {
  return `${countText(count)} ${count === 1 ? one : many}`;
}

/**
 * A part in per cent of the whole. A whole of nothing is full when nothing is in it, and far over as soon as there is
 * something.
 */
export function percentOf(part: number, whole: number): number {
  if (whole === 0) return part === 0 ? 100 : Number.MAX_SAFE_INTEGER;
  // One multiplication, one division: 7 of 100 must be 7, not 7.000000000000001.
  return (part * 100) / whole;
}

/**
 * Whole per cent without the sign, cut and not rounded: 99.9 is 99. Between 100 and 101 it is 101, so that "over" is never
 * shown as "full"; something under 1 is `<1`.
 */
export function wholePercent(percent: number): string {
  if (percent > 100 && percent < 101) return '101';
  if (percent > 0 && percent < 1) return '<1';
  return countText(Math.floor(percent));
}

/** How long something has taken: `<1 s`, `41 s`, `3 min 12 s`, `2 h 5 min`. */
export function durationText(milliseconds: number): string {
  const seconds = Math.floor(milliseconds / 1000);
  if (seconds < 1) return `<1${NO_BREAK}s`;
  if (seconds < 60) return `${seconds}${NO_BREAK}s`;
  if (seconds < 3600) return `${Math.floor(seconds / 60)}${NO_BREAK}min ${seconds % 60}${NO_BREAK}s`;
  return `${Math.floor(seconds / 3600)}${NO_BREAK}h ${Math.floor((seconds % 3600) / 60)}${NO_BREAK}min`;
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
