import { percentOf, wholePercent } from '../../contract/figures.ts';
import type { User } from '../../contract/users.ts';

/** What a bar is drawn from. All of it stands beside the bar in words, too. */
export type QuotaFigures = Pick<User['quota'], 'limitBytes' | 'usedBytes' | 'share' | 'state'>;

export type Tone = 'measure' | 'warn' | 'danger';

/** In px of a field of 124 x 14, where 1 px is 1 % and the post stands at 100. */
export interface BarParts {
  readonly form: 'limited' | 'unlimited' | 'uncounted';
  readonly tone: Tone;
  readonly fill: number;
  readonly notch: number;
  /** Left edges of the stripes between notch and share. */
  readonly stripes: readonly number[];
  readonly overflow: { readonly width: number; readonly isPointed: boolean } | null;
}

export const BAR = { width: 124, height: 14, post: 100, overflowFrom: 102, overflowMax: 20 } as const;

const LEAST_FILL = 2;
const LEAST_OVERFLOW = 3;

export function barParts(quota: QuotaFigures, warnFrom = 80): BarParts {
  const tone: Tone = quota.state === 'full' ? 'danger' : quota.state === 'warning' ? 'warn' : 'measure';
  const notch = Math.min(Math.max(Math.round(warnFrom), 1), BAR.post - 2);
  const base = { tone, fill: 0, notch, stripes: [], overflow: null };
  if (quota.state === 'uncounted') return { ...base, form: 'uncounted' };
  if (quota.limitBytes === null) return { ...base, form: 'unlimited' };
  const share = shareOf(quota);
  const fill = quota.usedBytes === 0 ? 0 : Math.min(Math.max(Math.floor(share), LEAST_FILL), BAR.post);
  const stripes: number[] = [];
  for (let x = notch + 1; x + 1 <= fill && share < BAR.post; x += 3) stripes.push(x);
  const beyond = share - BAR.post;
  const overflow =
    beyond > 0
      ? {
          width: Math.round(Math.min(Math.max(beyond, LEAST_OVERFLOW), BAR.overflowMax)),
          isPointed: beyond > BAR.overflowMax,
        }
      : null;
  return { form: 'limited', tone, fill, notch, stripes, overflow };
}

/** The share in whole per cent, without the sign. */
export function shareText(quota: QuotaFigures): string {
  return wholePercent(shareOf(quota));
}

/** From the bytes, not from the rounded share. */
function shareOf({ limitBytes, usedBytes }: QuotaFigures): number {
  return limitBytes === null ? 0 : percentOf(usedBytes, limitBytes);
}
