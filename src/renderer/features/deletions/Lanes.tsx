import { countText, sizeText } from '../../../contract/figures.ts';
import { Bar } from '../../components/Bar.tsx';
import { Status } from '../../components/Glyph.tsx';
import { BackendIcon } from './BackendIcon.tsx';
import { laneWords, placeWords } from './deletion-words.ts';
import classes from './Lanes.module.css';
import { type Backend, totalBytesOf, totalOf } from './progress.ts';

/** A lane for each backend: what is gone of it, and in what state it is. */
export function Lanes({ backends }: { readonly backends: readonly Backend[] }) {
  return (
    <ul>
      {backends.map((backend) => (
        <Lane key={backend.id} backend={backend} />
      ))}
    </ul>
  );
}

function Lane({ backend }: { readonly backend: Backend }) {
  const { label, kind, removed, absent, leftovers, kept, removedBytes, unanswered, trouble } = backend;
  const total = totalOf(backend);
  const share = (count: number) => (total === 0 ? 0 : count / total);
  // Nothing is known of a place that could never be listed; that is not the same as nothing being there.
  const isUnlisted = total === 0 && (backend.state === 'waiting' || backend.state === 'skipped');
  const { glyph, word } = laneWords(backend);
  const also = [
    absent > 0 ? `${countText(absent)} ${absent === 1 ? 'was' : 'were'} absent` : null,
    unanswered > 0 ? `${countText(unanswered)} asked for, not yet answered` : null,
    kept > 0 ? `${countText(kept)} not ours, kept` : null,
  ].filter((part) => part !== null);
  return (
    <li className={classes.lane} data-due={backend.state === 'due' || undefined}>
      <BackendIcon kind={kind} />
      <div className={classes.what}>
        <div className={classes.label} title={label}>
          {label}
        </div>
        <div className={classes.place}>{placeWords(backend)}</div>
      </div>
      <div>
        <div className={classes.words}>
          <span className={classes.removed}>{isUnlisted ? 'not listed' : `${countText(removed)} removed`}</span>
          {also.length > 0 && <span className={classes.also}>, {also.join(', ')}</span>}
          <span className={classes.total}>{isUnlisted ? '—' : countText(total)}</span>
        </div>
        <Bar
          done={share(removed)}
          absent={share(absent)}
          leftover={share(leftovers)}
          label={`${label}: ${countText(removed + absent + leftovers)} of ${countText(total)} settled`}
        />
        {trouble !== null && <div className={classes.trouble}>{trouble} It is tried again.</div>}
      </div>
      <Status kind={glyph} isMuted={backend.state === 'due'}>
        {word}
      </Status>
      <div className={classes.bytes}>
        {isUnlisted ? '—' : sizeText(removedBytes)}
        {!isUnlisted && <div className={classes.place}>of {sizeText(totalBytesOf(backend))}</div>}
      </div>
    </li>
  );
}
