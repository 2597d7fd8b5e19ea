/** A seal of a SHA-256, in a view box of -50 -50 100 100. It reminds, it proves nothing. */
export interface SealDrawing {
  readonly ticks: readonly Line[];
  readonly curves: readonly string[];
}

interface Line {
  readonly x1: number;
  readonly y1: number;
  readonly x2: number;
  readonly y2: number;
}

/** 64 ticks for the hash's digits, clockwise from the top, and as many curves as the size can carry. */
export function drawSeal(hash: string, curveCount: number): SealDrawing {
  const digits = [...hash].map((digit) => Number.parseInt(digit, 16));
  const ticks = digits.map((digit, index) => tick(index / digits.length, 47.6, 46.4 - (6.2 * digit) / 15));
  const [b0 = 0, b1 = 0, b2 = 0, b3 = 0, b4 = 0, b5 = 0] = bytesOf(digits);
  const p1 = 7 + (b0 % 6);
  const p2 = 3 + (b1 % 5);
  const a1 = 4 + (3 * b2) / 255;
  const a2 = 2.5 + (3 * b3) / 255;
  const f1 = (2 * Math.PI * b4) / 255;
  const f2 = (2 * Math.PI * b5) / 255;
  const curves = Array.from({ length: curveCount }, (_, j) => {
    const shift = (2 * Math.PI * j) / curveCount;
    return closedPath((t) => 27 + a1 * Math.sin(p1 * t + f1 + shift) + a2 * Math.sin(p2 * t + f2 - shift));
  });
  return { ticks, curves };
}

/** Below 40 px: 16 thick ticks, each of two bytes. */
export function drawSmallSeal(hash: string): readonly Line[] {
  const bytes = bytesOf([...hash].map((digit) => Number.parseInt(digit, 16)));
  return Array.from({ length: 16 }, (_, i) => {
    const sum = ((bytes[2 * i] ?? 0) + (bytes[2 * i + 1] ?? 0)) % 256;
    return tick(i / 16, 26 + (22 * sum) / 255, 16);
  });
}

/** Digits of a hash in groups of four. */
export function inGroups(hash: string): string[] {
  return hash.match(/.{1,4}/g) ?? [];
}

function bytesOf(digits: readonly number[]): number[] {
  return Array.from({ length: digits.length / 2 }, (_, i) => 16 * (digits[2 * i] ?? 0) + (digits[2 * i + 1] ?? 0));
}

function tick(turn: number, outer: number, inner: number): Line {
  const angle = 2 * Math.PI * turn - Math.PI / 2;
  const [cos, sin] = [Math.cos(angle), Math.sin(angle)];
  return { x1: cut(outer * cos), y1: cut(outer * sin), x2: cut(inner * cos), y2: cut(inner * sin) };
}

const POINTS = 360;

function closedPath(radius: (t: number) => number): string {
  const points: string[] = [];
  for (let i = 0; i < POINTS; i += 1) {
    const t = (2 * Math.PI * i) / POINTS;
    const r = radius(t);
    points.push(`${cut(r * Math.cos(t))} ${cut(r * Math.sin(t))}`);
  }
  return `M${points.join('L')}Z`;
}

function cut(value: number): number {
  return Math.round(value * 100) / 100;
}
