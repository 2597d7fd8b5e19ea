import { Mark } from '../components/Mark.tsx';
import frame from './Frame.module.css';
import classes from './Skeleton.module.css';

// What stands there at once while the page itself is still coming: never an empty window, and nothing that moves later.

/** The place of a screen: its head and some rows. */
export function ScreenSkeleton() {
  return (
    <div className={classes.screen} role="status" aria-label="Loading">
      <div className={classes.head}>
        <span className={classes.title} />
      </div>
      {Array.from({ length: 8 }, (_, index) => (
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

/** The frame before it is there: sidebar, screen and strip in their places. */
export function FrameSkeleton() {
  return (
    <div className={frame.frame}>
      <div className={classes.sidebar}>
        <Mark size={24} />
      </div>
      <main className={frame.main}>
        <ScreenSkeleton />
      </main>
      <div className={classes.strip} />
    </div>
  );
}
