import { LoadingRows } from '../components/LoadingRows.tsx';
import { Mark } from '../components/Mark.tsx';
import frame from './Frame.module.css';
import classes from './Skeleton.module.css';

// What stands there at once while the page itself is still coming: never an empty window, and nothing that moves later.

/** The place of a screen: its head and some rows. */
export function ScreenSkeleton() {
  return (
    <div className={classes.screen}>
      <div className={classes.head}>
        <span className={classes.title} />
      </div>
      <LoadingRows count={8} isAtOnce />
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
