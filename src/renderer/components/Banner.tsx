import classes from './Banner.module.css';
import { Glyph, type GlyphKind } from './Glyph.tsx';

export type BannerTone = 'warn' | 'danger' | 'ok';

interface BannerProps {
  readonly tone: BannerTone;
  readonly title: string;
  readonly children?: React.ReactNode;
  readonly actions?: React.ReactNode;
  /** Under the page head, from edge to edge; else boxed. */
  readonly isWide?: boolean;
  readonly glyph?: GlyphKind;
  /** Said aloud when it comes up. */
  readonly isAlert?: boolean;
}

const glyphs: Record<BannerTone, GlyphKind> = { warn: 'warn', danger: 'bad', ok: 'check' };

export function Banner({ tone, title, children, actions, isWide = false, glyph, isAlert = false }: BannerProps) {
  return (
    <div
      className={classes.banner}
      data-tone={tone}
      data-wide={isWide || undefined}
      role={isAlert ? 'alert' : undefined}
    >
      <span className={classes.glyph}>
        <Glyph kind={glyph ?? glyphs[tone]} />
      </span>
      <p className={classes.text}>
        <strong className={classes.title}>{title}</strong> {children}
      </p>
      {actions && <div className={classes.actions}>{actions}</div>}
    </div>
  );
}
