import { useMemo } from 'react';
import { Mark } from './Mark.tsx';
import classes from './Seal.module.css';
import { drawSeal, drawSmallSeal } from './seal.ts';

interface SealProps {
  readonly hash: string;
  readonly size: number;
  readonly isBroken?: boolean;
}

const SMALL_BELOW = 40;
const FULL_FROM = 96;

/** A SHA-256 as a drawing. Its first digits stand beside it wherever it is shown. */
export function Seal({ hash, size, isBroken = false }: SealProps) {
  const small = useMemo(() => (size < SMALL_BELOW ? drawSmallSeal(hash) : null), [hash, size]);
  const full = useMemo(() => (size < SMALL_BELOW ? null : drawSeal(hash, size < FULL_FROM ? 7 : 16)), [hash, size]);
  return (
    <svg
      className={classes.seal}
      data-broken={isBroken || undefined}
      viewBox="-50 -50 100 100"
      width={size}
      height={size}
      aria-hidden="true"
    >
      {small?.map((line) => (
        <line key={`${line.x1} ${line.y1}`} {...line} className={classes.thick} />
      ))}
      {full && (
        <>
          <circle r="49.3" className={classes.rim} />
          <circle r="38.8" className={classes.inner} />
          {full.ticks.map((line) => (
            <line key={`${line.x1} ${line.y1}`} {...line} className={classes.tick} />
          ))}
          {full.curves.map((curve) => (
            <path key={curve.slice(0, 24)} d={curve} className={classes.curve} />
          ))}
          <Mark size={20} x={-10} y={-10} />
        </>
      )}
    </svg>
  );
}

/** The seal over a whole side of the window: many curves, cut off at the edges. */
export function LargeSeal({ hash, isBroken = false }: { readonly hash: string; readonly isBroken?: boolean }) {
  const { ticks, curves } = useMemo(() => drawSeal(hash, 56), [hash]);
  return (
    <svg className={classes.large} data-broken={isBroken || undefined} viewBox="-50 -50 100 100" aria-hidden="true">
      <circle r="38.8" className={classes.inner} />
      {ticks.map((line) => (
        <line key={`${line.x1} ${line.y1}`} {...line} className={classes.tick} />
      ))}
      {curves.map((curve) => (
        <path key={curve.slice(0, 24)} d={curve} className={classes.curve} />
      ))}
    </svg>
  );
}
