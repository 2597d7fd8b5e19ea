import { useEffect, useState } from 'react';
import { countText, durationText } from '../../contract/figures.ts';
import classes from './PaceLine.module.css';
import { addSample, paceLine, paceOf, type Sample, timeLeftMs } from './pace.ts';

interface PaceLineProps {
  readonly settled: number;
  readonly total: number;
}

const WIDTH = 120;
const HEIGHT = 18;
const TICK_MS = 1000;
/** Fewer samples make no line, only a spike. */
const ENOUGH = 8;

/** Objects a second over the last two minutes, so that a long run is seen to move; and how long it still takes. */
export function PaceLine({ settled, total }: PaceLineProps) {
  const [samples, setSamples] = useState<readonly Sample[]>([]);
  useEffect(() => {
    const take = () => setSamples((before) => addSample(before, { at: Date.now(), settled }));
    take();
    const timer = setInterval(take, TICK_MS);
    return () => clearInterval(timer);
  }, [settled]);
  const pace = paceOf(samples);
  const left = timeLeftMs(samples, total);
  const line = samples.length < ENOUGH ? '' : paceLine(samples, WIDTH, HEIGHT);
  if (pace === null) return null;
  return (
    <span className={classes.pace}>
      {line && (
        <svg width={WIDTH} height={HEIGHT} className={classes.line} aria-hidden="true">
          <polyline points={line} />
        </svg>
      )}
      <span>{countText(Math.round(pace))} objects/s</span>
      {left !== null && <span>about {durationText(roughly(left))} left</span>}
    </span>
  );
}

/** To five seconds under a minute, to a minute above ten: more would pretend to know. */
function roughly(milliseconds: number): number {
  const step = milliseconds < 60_000 ? 5_000 : milliseconds < 600_000 ? 30_000 : 60_000;
  return Math.max(Math.round(milliseconds / step) * step, step);
}
