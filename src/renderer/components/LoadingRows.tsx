import { useEffect, useState } from 'react';
import classes from './LoadingRows.module.css';

const PATIENCE_MS = 300;

/** False at first; true once something has taken longer than people notice. */
export function useIsSlow(): boolean {
  const [isSlow, setSlow] = useState(false);
  useEffect(() => {
    const timer = setTimeout(() => setSlow(true), PATIENCE_MS);
    return () => clearTimeout(timer);
  }, []);
  return isSlow;
}

interface LoadingRowsProps {
  readonly count?: number;
  readonly label?: string;
  /** For a page of which nothing else is there yet. */
  readonly isAtOnce?: boolean;
}

/** Rows of the real height with bars where text will be. Shows nothing for the first 300 ms, unless it is asked to. */
export function LoadingRows({ count = 6, label = 'Loading', isAtOnce = false }: LoadingRowsProps) {
  const isSlow = useIsSlow() || isAtOnce;
  return (
    <div className={classes.rows} role="status" aria-label={label}>
      {isSlow &&
        Array.from({ length: count }, (_, index) => (
          // biome-ignore lint/suspicious/noArrayIndexKey: the rows are all alike
          <div key={index} className={classes.row}>
            <span className={classes.bar} />
            <span className={classes.bar} />
            <span className={classes.bar} />
          </div>
        ))}
    </div>
  );
}
