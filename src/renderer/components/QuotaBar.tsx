import classes from './QuotaBar.module.css';
import { BAR, barParts, type QuotaFigures } from './quota-bar.ts';

/** Patterns that all bars of the page share; drawn once, since ids are the page's. */
export function BarPatterns() {
  return (
    <svg className={classes.patterns} aria-hidden="true">
      <defs>
        <pattern id="qm-hatch-danger" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="2" height="4" className={classes.hatchDanger} />
        </pattern>
        <pattern id="qm-hatch-warn" width="4" height="4" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="2" height="4" className={classes.hatchWarn} />
        </pattern>
        <pattern id="qm-hatch-track" width="5" height="5" patternUnits="userSpaceOnUse" patternTransform="rotate(45)">
          <rect width="2" height="5" className={classes.hatchTrack} />
        </pattern>
        <linearGradient id="qm-fade" gradientUnits="userSpaceOnUse" x1="0" x2="117">
          <stop offset="0.6" className={classes.fadeFrom} />
          <stop offset="1" className={classes.fadeTo} />
        </linearGradient>
      </defs>
    </svg>
  );
}

interface QuotaBarProps {
  readonly quota: QuotaFigures;
  /** Share of the limit in per cent from which the bar warns. */
  readonly warnFrom?: number | undefined;
}

/** One ruler for every quantity: it ends at a post, its limit. Says nothing to readers; the text beside it says it all. */
export function QuotaBar({ quota, warnFrom }: QuotaBarProps) {
  const parts = barParts(quota, warnFrom);
  const { form, tone, fill, notch, stripes, overflow } = parts;
  return (
    <svg width={BAR.width} height={BAR.height} className={classes.bar} data-tone={tone} aria-hidden="true">
      {form === 'unlimited' && <line x1="0" x2="117" y1="7" y2="7" className={classes.open} />}
      {form === 'uncounted' && <rect y="4" width={BAR.post} height="6" className={classes.uncounted} />}
      {form === 'limited' && (
        <>
          <rect y="4" width={BAR.post} height="6" rx="1" className={classes.track} />
          {fill > 0 && <rect y="4" width={fill} height="6" rx="1" className={classes.fill} />}
          <rect x={notch} y="4" width="1" height="6" className={classes.sheet} />
          {stripes.map((x) => (
            <rect key={x} x={x} y="4" width="1" height="6" className={classes.sheet} />
          ))}
          {overflow && <path d={overflowPath(overflow.width, overflow.isPointed)} className={classes.overflow} />}
          <rect x={BAR.post} y="1" width="1" height="12" className={classes.post} />
        </>
      )}
    </svg>
  );
}

const POINT = 4;

function overflowPath(width: number, isPointed: boolean): string {
  const left = BAR.overflowFrom + 0.5;
  const right = BAR.overflowFrom + width - 0.5;
  if (!isPointed) return `M${left} 4.5H${right}V9.5H${left}Z`;
  return `M${left} 4.5H${right - POINT}L${right} 7L${right - POINT} 9.5H${left}Z`;
}
