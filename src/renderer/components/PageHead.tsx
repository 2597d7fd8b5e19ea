import { Fragment, use, useEffect, useRef } from 'react';
import classes from './PageHead.module.css';
import { UnderHead } from './under-head.ts';

interface Parent {
  readonly title: string;
  readonly href: string;
}

interface PageHeadProps {
  readonly title: string;
  /** What it lies under; several from the top. */
  readonly parent?: Parent | readonly Parent[];
  /** Count, mail: what belongs to the title. */
  readonly meta?: React.ReactNode;
  /** At most one primary, last. */
  readonly actions?: React.ReactNode;
  /** The head of a page that is read ends where its text does; one over a table goes to the edge. */
  readonly isReading?: boolean;
}

/** The head of a screen. It takes the focus when the screen comes, so that readers and keys begin here. */
export function PageHead({ title, parent = [], meta, actions, isReading = false }: PageHeadProps) {
  const heading = useRef<HTMLHeadingElement>(null);
  useEffect(() => {
    heading.current?.focus({ preventScroll: true });
  }, []);
  const news = use(UnderHead);
  return (
    <>
      <header className={classes.head} data-reading={isReading || undefined}>
        <title>{`${title} · Quartermaster`}</title>
        <h1 ref={heading} tabIndex={-1} className={classes.title}>
          {[parent].flat().map((above) => (
            <Fragment key={above.href}>
              <a href={above.href} className={classes.parent}>
                {above.title}
              </a>
              <span className={classes.slash} aria-hidden="true">
                /
              </span>
            </Fragment>
          ))}
          <span className={classes.name}>{title}</span>
        </h1>
        {meta !== undefined && <div className={classes.meta}>{meta}</div>}
        {actions && <div className={classes.actions}>{actions}</div>}
      </header>
      {news}
    </>
  );
}

/** What scrolls below the head. Tables bring their own edges. */
export function PageBody({
  children,
  isReading = false,
}: Pick<PageHeadProps, 'isReading'> & { readonly children: React.ReactNode }) {
  return (
    <div className={classes.body} data-reading={isReading || undefined}>
      {children}
    </div>
  );
}
