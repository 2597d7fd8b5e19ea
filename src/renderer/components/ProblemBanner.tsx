import { Banner } from './Banner.tsx';
import classes from './ProblemBanner.module.css';
import { Declined, problemOf } from './problem.ts';

interface ProblemBannerProps {
  readonly error: unknown;
  /** What was not done: `The limit was not set.` */
  readonly title: string;
  readonly actions?: React.ReactNode;
}

/** An error where its cause is: what happened, what it means, what to do, and the code. Nothing where there is none. */
export function ProblemBanner({ error, title, actions }: ProblemBannerProps) {
  if (!error || error instanceof Declined) return null;
  const { message, code, fields } = problemOf(error);
  // What is wrong with single fields stands below them.
  const text = Object.keys(fields).length > 0 ? 'See the fields above.' : message;
  return (
    <div className={classes.place}>
      <Banner tone="danger" title={title} actions={actions} isAlert>
        {text} <code className={classes.code}>{code}</code>
      </Banner>
    </div>
  );
}
