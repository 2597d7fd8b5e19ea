import classes from './Bar.module.css';

interface BarProps {
  /** Shares of the whole, 0 to 1, from the left. */
  readonly done: number;
  readonly absent?: number;
  readonly leftover?: number;
  /** What it says to readers; without it the text beside says it all. */
  readonly label?: string;
}

/** Six high, with a post at the end: how far something is. Moves in steps as news comes, never by itself. */
export function Bar({ done, absent = 0, leftover = 0, label }: BarProps) {
  return (
    <svg
      className={classes.bar}
      {...(label === undefined
        ? { 'aria-hidden': true }
        : {
            role: 'progressbar',
            'aria-label': label,
            'aria-valuenow': Math.floor(done * 100),
            'aria-valuemin': 0,
            'aria-valuemax': 100,
          })}
    >
      <rect y="3" width="100%" height="6" rx="1" className={classes.track} />
      <rect y="3" width={percent(done)} height="6" rx="1" className={classes.done} />
      {absent > 0 && <rect x={percent(done)} y="3" width={percent(absent)} height="6" className={classes.absent} />}
      {leftover > 0 && (
        <rect x={percent(done + absent)} y="3" width={percent(leftover)} height="6" className={classes.leftover} />
      )}
      <rect x="100%" width="1" height="12" className={classes.post} />
    </svg>
  );
}

function percent(share: number): string {
  return `${Math.min(Math.max(share, 0), 1) * 100}%`;
}
