import classes from './EmptyState.module.css';

interface EmptyStateProps {
  readonly icon: React.ReactNode;
  readonly title: string;
  /** What to do. */
  readonly children?: React.ReactNode;
  readonly actions?: React.ReactNode;
  /** To search for. */
  readonly code?: string | undefined;
  readonly isAlert?: boolean;
  /** It stands for the whole page, so its title is the page's. */
  readonly isPage?: boolean;
}

/** In the place of what is not there: because there is none, none matches, or it could not be had. */
export function EmptyState({ icon, title, children, actions, code, isAlert = false, isPage = false }: EmptyStateProps) {
  const Title = isPage ? 'h1' : 'h2';
  return (
    <div className={classes.place}>
      <div className={classes.block} role={isAlert ? 'alert' : undefined}>
        <div className={classes.icon}>{icon}</div>
        <Title className={classes.title}>{title}</Title>
        {children && <div className={classes.text}>{children}</div>}
        {actions && <div className={classes.actions}>{actions}</div>}
        {code && <code className={classes.code}>{code}</code>}
      </div>
    </div>
  );
}
