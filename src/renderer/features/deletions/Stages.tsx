import type { Deletion } from '../../../contract/deletions.ts';
import { countText, plural } from '../../../contract/figures.ts';
import { progressOf, STAGES, type Stage, standingOf } from './progress.ts';
import classes from './Stages.module.css';

const TITLES: Readonly<Record<Stage, string>> = {
  close: 'Close',
  clouds: 'Clouds',
  store: 'Store',
  verify: 'Verify',
  revoke: 'Revoke',
  finish: 'Finish',
};

/** The order of removal as a line: what is behind, where it is and how far, what comes. */
export function Stages({ deletion }: { readonly deletion: Deletion }) {
  const standing = standingOf(deletion);
  const isCalledOff = deletion.state === 'cancelled';
  return (
    <ol className={classes.stages} data-stopped={isCalledOff || undefined}>
      {STAGES.map((stage, index) => {
        const place = index < standing.at ? 'behind' : index === standing.at && !isCalledOff ? 'present' : 'ahead';
        return (
          <li
            key={stage}
            className={classes.stage}
            data-place={place}
            aria-current={place === 'present' ? 'step' : undefined}
          >
            <span className={classes.line} aria-hidden="true">
              <span className={classes.node} />
              {place === 'present' && <span className={classes.part} style={{ width: `${standing.share * 100}%` }} />}
            </span>
            <span className={classes.title}>{TITLES[stage]}</span>
            <span className={classes.note}>{noteOf(stage, deletion)}</span>
          </li>
        );
      })}
    </ol>
  );
}

function noteOf(stage: Stage, { backends, state }: Deletion): string {
  switch (stage) {
    case 'close':
      return 'the account';
    case 'clouds':
      return settledOf(
        backends.filter(({ cloud }) => cloud),
        state,
      );
    case 'store':
      return settledOf(
        backends.filter(({ cloud }) => !cloud),
        state,
      );
    case 'verify':
      return 'list again';
    case 'revoke': {
      const clouds = backends.filter(({ cloud }) => cloud).length;
      return clouds === 0 ? 'no credentials' : plural(clouds, 'credential');
    }
    case 'finish':
      return 'certificate';
  }
}

function settledOf(backends: Deletion['backends'], state: Deletion['state']): string {
  if (backends.length === 0) return 'none';
  const { settled, total } = progressOf({ backends, state });
  return settled === 0 || settled === total ? countText(total) : `${countText(settled)} of ${countText(total)}`;
}
