import { Button } from '@mantine/core';
import { countText, sizeText } from '../../../contract/figures.ts';
import type { IndexRun, Profile } from '../../../contract/storage.ts';
import { href } from '../../app/router.ts';
import { useCanChange } from '../../app/session-state.ts';
import { Status } from '../../components/Glyph.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { cells, RuledTable } from '../../components/RuledTable.tsx';
import { TimeText } from '../../components/TimeText.tsx';
import { newestRunOf, placeOf } from './places.ts';
import classes from './Storage.module.css';
import { useStartIndex } from './storage-changes.ts';
import { useWatchedRun } from './storage-queries.ts';
import { RUN_STATES } from './storage-words.ts';

const columns = [
  { title: 'Store' },
  { title: 'Where' },
  { title: 'Layout' },
  { title: 'Documents', isNumber: true },
  { title: 'Size', isNumber: true },
  { title: 'Last index' },
  { title: 'Actions', isHidden: true },
];

interface StoreTableProps {
  readonly profiles: readonly Profile[];
  readonly runs: readonly IndexRun[];
}

export function StoreTable({ profiles, runs }: StoreTableProps) {
  const canChange = useCanChange();
  const index = useStartIndex();
  return (
    <div className={classes.stores}>
      <ProblemBanner error={index.error} title="The index was not begun." />
      <RuledTable label="Stores" columns={columns}>
        {profiles.map((profile) => {
          const run = newestRunOf(runs, 'profile', profile.id);
          return (
            <tr key={profile.id}>
              <td>
                <a className={cells.name} href={href(['storage', profile.name])}>
                  {profile.name}
                </a>
                {profile.own && <span className={classes.beside}>the platform’s own</span>}
              </td>
              <td className={classes.quiet}>{placeOf(profile)}</td>
              <td>
                <code>{profile.layout}</code>
              </td>
              <td className={cells.number}>{countText(profile.documents)}</td>
              <td className={cells.number}>{sizeText(profile.bytes)}</td>
              <td>{run ? <RunState run={run} /> : <TimeText time={profile.lastIndexedAt} none="never" />}</td>
              <td className={cells.act}>
                {run?.state !== 'running' && (
                  <Button
                    size="xs"
                    variant="subtle"
                    aria-label={`Index now, ${profile.name}`}
                    disabled={!canChange}
                    loading={
                      index.isPending &&
                      index.variables &&
                      'profile' in index.variables &&
                      index.variables.profile === profile.name
                    }
                    onClick={() => index.mutate({ profile: profile.name })}
                  >
                    Index now
                  </Button>
                )}
              </td>
            </tr>
          );
        })}
      </RuledTable>
    </div>
  );
}

function RunState({ run }: { readonly run: IndexRun }) {
  const now = useWatchedRun(run);
  const { glyph, word } = RUN_STATES[now.state];
  return (
    <span className={classes.run}>
      <Status kind={glyph}>{word}</Status>
      <span className={classes.quiet}>
        {now.state === 'running' ? `${countText(now.seen)} seen` : <TimeText time={now.endedAt} />}
      </span>
    </span>
  );
}
