import classes from './Timeline.module.css';
import { useNow } from './TimeText.tsx';
import { exactText, shortText } from './time.ts';

export interface TimelineEntry {
  readonly id: string;
  readonly time: string;
  readonly act: string;
  readonly by: string;
  readonly isRefused?: boolean;
}

/** Acts in the order in which they came, newest first: when, what, who. */
export function Timeline({ entries }: { readonly entries: readonly TimelineEntry[] }) {
  const now = useNow();
  return (
    <ol className={classes.timeline}>
      {entries.map(({ id, time, act, by, isRefused }) => (
        <li key={id} className={classes.entry} data-refused={isRefused || undefined}>
          <time dateTime={time} title={exactText(time)} className={classes.time}>
            {shortText(time, now)}
          </time>
          <span className={classes.node} aria-hidden="true" />
          <span className={classes.what}>
            <span className={classes.act}>{act}</span>
            <span className={classes.by}>{by}</span>
          </span>
        </li>
      ))}
    </ol>
  );
}
