/** The mark: three quarters of a ring, and the fourth handed out. Drawn on a grid of 32. */
export const MARK =
  '<path d="M25.5 15A10.5 10.5 0 1 0 15 25.5" fill="none" stroke="#093641" stroke-width="5"/><path d="M17 17H29A12 12 0 0 1 17 29Z" fill="#e19d31"/>';

const CURVES = 16;
const POINTS = 300;
/** Parts of a unit that a point is rounded to: a tenth is under a dot of a printer. */
const FINENESS = 10;

/** A SHA-256 as a drawing, for paper: it reminds of the certificate and proves nothing. `hash`: 64 hexadecimal digits. */
export function drawSeal(hash: string, size: number): string {
  const bytes = [...Buffer.from(hash, 'hex')];
  const byte = (index: number): number => bytes[index] ?? 0;
  const round = (value: number): string => value.toFixed(2);
  const at = (radius: number, angle: number): string =>
    `${round(radius * Math.sin(angle))} ${round(-radius * Math.cos(angle))}`;
  const ticks = [...hash].map((digit, index) => {
    const angle = (2 * Math.PI * index) / hash.length;
    return `M${at(47.6, angle)}L${at(46.4 - (6.2 * Number.parseInt(digit, 16)) / 15, angle)}`;
  });
  const p1 = 7 + (byte(0) % 6);
  const p2 = 3 + (byte(1) % 5);
  const a1 = 4 + (3 * byte(2)) / 255;
  const a2 = 2.5 + (3 * byte(3)) / 255;
  const f1 = (2 * Math.PI * byte(4)) / 255;
  const f2 = (2 * Math.PI * byte(5)) / 255;
  const curves = Array.from({ length: CURVES }, (_, j) => {
    const d = (2 * Math.PI * j) / CURVES;
    const points = Array.from({ length: POINTS }, (_, index) => {
      const t = (2 * Math.PI * index) / POINTS;
      const radius = 27 + a1 * Math.sin(p1 * t + f1 + d) + a2 * Math.sin(p2 * t + f2 - d);
      return { x: radius * Math.sin(t), y: -radius * Math.cos(t) };
    });
    return lines(points);
  });
  const stroke = 'fill="none" stroke="#12677a" vector-effect="non-scaling-stroke"';
  return [
    `<svg viewBox="-50 -50 100 100" width="${size}" height="${size}" aria-hidden="true">`,
    `<circle r="49.3" ${stroke} stroke-width="0.9"/><circle r="38.8" ${stroke} stroke-width="0.6"/>`,
    `<path d="${ticks.join('')}" ${stroke} stroke-width="1.1"/>`,
    `<path d="${curves.join('')}" transform="scale(${1 / FINENESS})" ${stroke} stroke-width="0.45"/>`,
    `<svg x="-10" y="-10" width="20" height="20" viewBox="0 0 32 32">${MARK}</svg></svg>`,
  ].join('');
}

/** A closed path in whole numbers from point to point, which takes a third of what places with fractions would. */
function lines(points: readonly { readonly x: number; readonly y: number }[]): string {
  let [x, y] = [0, 0];
  const steps = points.map((point) => {
    const [nextX, nextY] = [Math.round(point.x * FINENESS), Math.round(point.y * FINENESS)];
    const [right, down] = [nextX - x, nextY - y];
    [x, y] = [nextX, nextY];
    return `${right}${down < 0 ? '' : ' '}${down}`;
  });
  return `M${steps[0]}l${steps
    .slice(1)
    .map((step, index) => (index === 0 || step.startsWith('-') ? step : ` ${step}`))
    .join('')}z`;
}
