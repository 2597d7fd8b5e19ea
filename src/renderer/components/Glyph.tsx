import classes from './Glyph.module.css';

/** State in shape, so that colour says nothing alone. */
export type GlyphKind = 'disc' | 'ring' | 'half' | 'run' | 'clock' | 'check' | 'warn' | 'bad' | 'lock' | 'pause';

const shapes: Record<GlyphKind, React.ReactNode> = {
  disc: <circle cx="5" cy="5" r="3.5" className={classes.solid} />,
  ring: <circle cx="5" cy="5" r="3" className={classes.line} />,
  half: (
    <>
      <circle cx="5" cy="5" r="3.5" className={classes.line} />
      <path d="M5 1.5A3.5 3.5 0 0 0 5 8.5Z" className={classes.solid} />
    </>
  ),
  run: <path d="M2 1L9 5L2 9Z" className={classes.solid} />,
  clock: (
    <>
      <circle cx="5" cy="5" r="4" className={classes.line} />
      <path d="M5 2.6V5H7" className={classes.line} />
    </>
  ),
  check: <path d="M1.2 5.4L3.8 8L8.8 2.2" className={classes.strong} />,
  warn: <path d="M5 1L9.6 9H0.4Z" className={classes.solid} />,
  bad: <path d="M5 0L10 5L5 10L0 5Z" className={classes.solid} />,
  lock: (
    <>
      <rect x="1" y="4.4" width="8" height="5.2" rx="1" className={classes.solid} />
      <path d="M2.8 4.8V3.2A2.2 2.2 0 0 1 7.2 3.2V4.8" className={classes.line} />
    </>
  ),
  pause: <path d="M2 1H4V9H2ZM6 1H8V9H6Z" className={classes.solid} />,
};

const tones: Record<GlyphKind, string> = {
  disc: 'quiet',
  ring: 'quiet',
  half: 'warn',
  run: 'accent',
  clock: 'warn',
  check: 'ok',
  warn: 'warn',
  bad: 'danger',
  lock: 'warn',
  pause: 'quiet',
};

export function Glyph({ kind, tone }: { readonly kind: GlyphKind; readonly tone?: 'quiet' | 'accent' }) {
  return (
    <svg
      viewBox="0 0 10 10"
      width="10"
      height="10"
      className={classes.glyph}
      data-tone={tone ?? tones[kind]}
      aria-hidden="true"
    >
      {shapes[kind]}
    </svg>
  );
}

interface StatusProps {
  readonly kind: GlyphKind;
  readonly children: React.ReactNode;
  /** Second text: for what is switched off. */
  readonly isMuted?: boolean;
}

/** A glyph and a word: the state of one thing, in rows and lists. */
export function Status({ kind, children, isMuted = false }: StatusProps) {
  return (
    <span className={classes.status} data-muted={isMuted || undefined}>
      <Glyph kind={kind} />
      <span>{children}</span>
    </span>
  );
}

/** The same on a soft ground, for the heads of pages alone. */
export function Badge({ kind, children }: { readonly kind: GlyphKind; readonly children: React.ReactNode }) {
  return (
    <span className={classes.badge} data-tone={tones[kind]}>
      <Glyph kind={kind} />
      {children}
    </span>
  );
}
