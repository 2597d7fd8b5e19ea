import { useId } from 'react';
import classes from './Section.module.css';

interface SectionProps {
  readonly title: string;
  /** What belongs to the title: a count, a time. */
  readonly meta?: React.ReactNode;
  /** Subtle buttons on the right. */
  readonly actions?: React.ReactNode;
  /** In panes: a fine rule instead of the heavy one. */
  readonly isFine?: boolean;
  readonly children?: React.ReactNode;
}

export function Section({ title, meta, actions, isFine = false, children }: SectionProps) {
  const id = useId();
  return (
    <section className={classes.section} data-fine={isFine || undefined} aria-labelledby={id}>
      <div className={classes.head}>
        <h2 id={id} className={classes.title}>
          {title}
        </h2>
        {meta !== undefined && <div className={classes.meta}>{meta}</div>}
        {actions && <div className={classes.actions}>{actions}</div>}
      </div>
      {children}
    </section>
  );
}

interface ColumnsProps {
  readonly main: React.ReactNode;
  readonly side: React.ReactNode;
  /** Below the side column, and where there is room for it a column of its own. */
  readonly beyond?: React.ReactNode;
}

/** Main column and side column of a reading page. */
export function Columns({ main, side, beyond }: ColumnsProps) {
  return (
    <div className={classes.columns} data-three={beyond !== undefined || undefined}>
      <div className={classes.mainColumn}>{main}</div>
      <div>{side}</div>
      {beyond !== undefined && <div>{beyond}</div>}
    </div>
  );
}

/** Label and value, a line each. */
export function Properties({ children }: { readonly children: React.ReactNode }) {
  return <dl className={classes.properties}>{children}</dl>;
}

interface PropertyProps {
  readonly label: string;
  readonly action?: React.ReactNode;
  readonly children: React.ReactNode;
}

export function Property({ label, action, children }: PropertyProps) {
  return (
    <div className={classes.property}>
      <dt>{label}</dt>
      <dd>
        <span className={classes.value}>{children}</span>
        {action}
      </dd>
    </div>
  );
}
