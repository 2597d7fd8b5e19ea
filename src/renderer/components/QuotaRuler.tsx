import { useElementSize } from '@mantine/hooks';
import { limitText, sizeText } from '../../contract/figures.ts';
import classes from './QuotaRuler.module.css';
import { type RulerFigures, rulerParts } from './ruler.ts';

interface QuotaRulerProps extends RulerFigures {
  readonly state: 'ok' | 'warning' | 'full' | 'unlimited' | 'uncounted';
}

const HEIGHT = 72;
const TRACK_Y = 26;
const TRACK_HEIGHT = 14;
const FONT = 12;
/** How far the dotted line of no limit runs on. */
const OPEN_END = 80;

/** Usage against its limit, drawn at measured width; while a new limit is typed, both posts stand and what lies beyond is hatched. */
export function QuotaRuler({ state, ...figures }: QuotaRulerProps) {
  const { ref, width } = useElementSize();
  const parts = rulerParts(Math.max(width, 240), figures);
  const { usedBytes, limitBytes, nextBytes } = figures;
  const isTyping = nextBytes !== undefined;
  const limitShown = isTyping ? parts.next : parts.limit;
  const isBeyond = limitShown !== null && parts.used > limitShown;
  const isFull = isTyping ? isBeyond || (nextBytes !== null && usedBytes >= nextBytes) : state === 'full';
  const tone = isFull ? 'danger' : state === 'warning' && !isTyping ? 'warn' : 'measure';
  const solid = isBeyond ? limitShown : parts.used;
  return (
    <div ref={ref} className={classes.ruler}>
      <svg
        width="100%"
        height={HEIGHT}
        data-tone={tone}
        className={classes.drawing}
        role="img"
        aria-label={said(figures)}
      >
        {state === 'uncounted' ? (
          <rect y={TRACK_Y} width={parts.end} height={TRACK_HEIGHT} className={classes.uncounted} />
        ) : limitShown === null ? (
          <line x1="0" x2={parts.end + OPEN_END} y1={TRACK_Y + 7} y2={TRACK_Y + 7} className={classes.open} />
        ) : (
          <rect y={TRACK_Y} width={parts.end} height={TRACK_HEIGHT} rx="1" className={classes.track} />
        )}
        <rect y={TRACK_Y} width={solid} height={TRACK_HEIGHT} rx="1" className={classes.fill} />
        {isBeyond && (
          <rect
            x={limitShown + 0.5}
            y={TRACK_Y + 0.5}
            width={Math.max(parts.used - limitShown - 1, 1)}
            height={TRACK_HEIGHT - 1}
            className={classes.beyond}
          />
        )}
        {parts.ticks.map(({ x, label }) => (
          <g key={x}>
            <line
              x1={x + 0.5}
              x2={x + 0.5}
              y1={TRACK_Y + 18}
              y2={TRACK_Y + (label ? 24 : 21)}
              className={classes.tick}
            />
            {label && (
              <text x={x} y={TRACK_Y + 36} textAnchor={x === 0 ? 'start' : 'middle'} className={classes.axis}>
                {label}
              </text>
            )}
          </g>
        ))}
        {isTyping && parts.limit !== null && limitBytes !== null && (
          <Post x={parts.limit} text={`Now ${limitText(limitBytes)}`} kind="old" isLeft={false} />
        )}
        {isTyping && parts.next !== null && nextBytes !== null && (
          <Post
            x={parts.next}
            text={`New limit ${limitText(nextBytes)}`}
            kind={isBeyond ? 'danger' : 'new'}
            isLeft={isBeyond || (parts.limit !== null && parts.next < parts.limit && parts.next > 120)}
          />
        )}
        {!isTyping && parts.limit !== null && limitBytes !== null && (
          <Post
            x={parts.limit}
            text={`Limit ${limitText(limitBytes)}`}
            kind={isFull ? 'danger' : 'new'}
            isLeft={isBeyond && parts.limit > 90}
          />
        )}
      </svg>
    </div>
  );
}

interface PostProps {
  readonly x: number;
  readonly text: string;
  readonly kind: 'old' | 'new' | 'danger';
  readonly isLeft: boolean;
}

function Post({ x, text, kind, isLeft }: PostProps) {
  return (
    <g data-kind={kind} className={classes.postGroup}>
      <line x1={x + 0.5} x2={x + 0.5} y1="0" y2="46" className={classes.post} />
      <text x={isLeft ? x - 6 : x + 7} y={FONT} textAnchor={isLeft ? 'end' : 'start'} className={classes.label}>
        {text}
      </text>
    </g>
  );
}

function said({ usedBytes, limitBytes, nextBytes }: RulerFigures): string {
  const now = limitBytes === null ? 'no limit' : `limit ${limitText(limitBytes)}`;
  const next =
    nextBytes === undefined ? '' : nextBytes === null ? ', new: no limit' : `, new limit ${limitText(nextBytes)}`;
  return `${sizeText(usedBytes)} used, ${now}${next}`;
}
