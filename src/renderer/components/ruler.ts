import { limitText } from '../../contract/figures.ts';

/** Positions in px from the left of a ruler that is `width` wide in all. */
export interface RulerParts {
  readonly used: number;
  readonly limit: number | null;
  readonly next: number | null;
  readonly end: number;
  readonly ticks: readonly { readonly x: number; readonly label: string | null }[];
}

/** Room on the right for the label of a post that stands at the end. */
const LABEL_ROOM = 92;

export interface RulerFigures {
  readonly usedBytes: number;
  readonly limitBytes: number | null;
  /** The limit that is being typed; undefined while nobody types. */
  readonly nextBytes?: number | null | undefined;
}

/** Scale: the largest of limit, usage and new limit, on what the width leaves. Ticks in 1-2-5 steps with 4 to 6 labels. */
export function rulerParts(width: number, { usedBytes, limitBytes, nextBytes }: RulerFigures): RulerParts {
  const end = Math.max(width - LABEL_ROOM, 1);
  const most = Math.max(limitBytes ?? 0, usedBytes, nextBytes ?? 0);
  const scale = most === 0 ? 0 : end / most;
  const at = (bytes: number) => Math.round(bytes * scale);
  return {
    used: at(usedBytes),
    limit: limitBytes === null ? null : at(limitBytes),
    next: nextBytes === undefined || nextBytes === null ? null : at(nextBytes),
    end,
    ticks: most === 0 ? [{ x: 0, label: '0' }] : ticksTo(most, at),
  };
}

function ticksTo(most: number, at: (bytes: number) => number): RulerParts['ticks'] {
  const { step, parts } = stepFor(most);
  const ticks: { x: number; label: string | null }[] = [];
  const fine = step / parts;
  for (let index = 0; index * fine <= most * 1.000_001; index += 1) {
    const bytes = index * fine;
    const label = index === 0 ? '0' : index % parts === 0 ? limitText(Math.round(bytes)) : null;
    ticks.push({ x: at(bytes), label });
  }
  return ticks;
}

/** The step of 1, 2 or 5 in the unit of the largest value whose number of labels is nearest to five. */
function stepFor(most: number): { step: number; parts: number } {
  let unit = 1;
  while (most / unit >= 1024) unit *= 1024;
  const magnitude = 10 ** Math.floor(Math.log10(most / unit));
  const candidates = [0.1, 0.2, 0.5, 1, 2, 5]
    .map((factor) => ({ step: factor * magnitude * unit, parts: factor === 0.2 || factor === 2 ? 4 : 5 }))
    // There is nothing between two bytes.
    .filter(({ step }) => step >= 1);
  const distance = ({ step }: { step: number }) => Math.abs(Math.floor(most / step + 1e-9) + 1 - 5);
  return candidates.reduce((best, candidate) => (distance(candidate) < distance(best) ? candidate : best));
}
