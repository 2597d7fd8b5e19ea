import { Button } from '@mantine/core';
import type { Profile } from '../../../contract/storage.ts';
import { useCanChange } from '../../app/session-state.ts';
import { Status } from '../../components/Glyph.tsx';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { RuledTable } from '../../components/RuledTable.tsx';
import { Section } from '../../components/Section.tsx';
import { TimeText } from '../../components/TimeText.tsx';
import classes from './Storage.module.css';
import { useCheckAgain } from './storage-changes.ts';
import { useCheck } from './storage-queries.ts';
import { CHECKS, OUTCOMES } from './storage-words.ts';

const columns = [{ title: 'What' }, { title: 'State' }, { title: 'What was found' }];

/** Looks the store over and says of each thing what was found, and what to do. Changes nothing there. */
export function Doctor({ profile }: { readonly profile: Profile }) {
  const canChange = useCanChange();
  const check = useCheck(profile.name);
  const checkAgain = useCheckAgain();
  const { data, error, isFetching, dataUpdatedAt } = check;
  return (
    <Section
      title="Doctor"
      meta={data && !isFetching ? <TimeText time={new Date(dataUpdatedAt).toISOString()} /> : undefined}
      actions={
        <Button
          size="xs"
          variant="subtle"
          disabled={!canChange || isFetching}
          onClick={() => void checkAgain(profile.name)}
        >
          {data || error ? 'Test again' : 'Test now'}
        </Button>
      }
    >
      <ProblemBanner error={isFetching ? null : error} title={`${profile.name} could not be tested.`} />
      {isFetching && <LoadingRows count={profile.kind === 's3' ? 8 : 1} label={`Testing ${profile.name}`} />}
      {!isFetching && !data && !error && (
        <p className={classes.none}>Not tested since this window was opened. A test changes nothing there.</p>
      )}
      {!isFetching && data && (
        <div className={classes.findings}>
          <RuledTable label="Findings" columns={columns}>
            {data.findings.map(({ check: what, outcome, message }) => (
              <tr key={what}>
                <td>{CHECKS[what]}</td>
                <td>
                  <Status kind={OUTCOMES[outcome].glyph}>{OUTCOMES[outcome].word}</Status>
                </td>
                <td>{message}</td>
              </tr>
            ))}
          </RuledTable>
        </div>
      )}
    </Section>
  );
}
