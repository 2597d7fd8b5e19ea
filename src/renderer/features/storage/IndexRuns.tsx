import { Button } from '@mantine/core';
import type { UseQueryResult } from '@tanstack/react-query';
import { countText, durationText, sizeText } from '../../../contract/figures.ts';
import type { IndexRun } from '../../../contract/storage.ts';
import { useCanChange } from '../../app/session-state.ts';
import { Status } from '../../components/Glyph.tsx';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { cells, RuledTable } from '../../components/RuledTable.tsx';
import { TimeText, useNow } from '../../components/TimeText.tsx';
import classes from './Storage.module.css';
import { useCancelIndex } from './storage-changes.ts';
import { useWatchedRun } from './storage-queries.ts';
import { RUN_STATES } from './storage-words.ts';

interface IndexRunsProps {
  readonly runs: Pick<UseQueryResult<{ rows: IndexRun[] }>, 'data' | 'error'>;
  /** Where the page of a profile is; on that page itself its name need not stand in every row. */
  readonly hrefOf?: (profileId: string) => string | null;
}

const columns = [
  { title: 'State' },
  { title: 'Seen', isNumber: true },
  { title: 'Added', isNumber: true },
  { title: 'Changed', isNumber: true },
  { title: 'Gone', isNumber: true },
  { title: 'Not ours', isNumber: true },
  { title: 'Size', isNumber: true },
  { title: 'Began', isNumber: true },
  { title: 'Took', isNumber: true },
];

export function IndexRuns({ runs, hrefOf }: IndexRunsProps) {
  const rows = runs.data?.rows;
  return (
    <>
      <ProblemBanner error={runs.error} title="The index runs could not be read." />
      {!rows && !runs.error && <LoadingRows count={4} label="Loading the index runs" />}
      {rows?.length === 0 && (
        <p className={classes.none}>
          An index brings what lies in a store into the workspace: who it belongs to, and how much it is.
        </p>
      )}
      {rows && rows.length > 0 && (
        <RuledTable label="Index runs" columns={hrefOf ? [{ title: 'Of' }, ...columns] : columns}>
          {rows.map((run) => (
            <RunRow key={run.id} run={run} {...(hrefOf ? { hrefOf } : {})} />
          ))}
        </RuledTable>
      )}
    </>
  );
}

function RunRow({ run, hrefOf }: { readonly run: IndexRun; readonly hrefOf?: (profileId: string) => string | null }) {
  const canChange = useCanChange();
  const cancel = useCancelIndex();
  const now = useNow();
  const { place, source, state, seen, added, changed, removed, foreign, bytes, startedAt, endedAt, message } =
    useWatchedRun(run);
  const { glyph, word } = RUN_STATES[state];
  const page = place?.kind === 'profile' ? hrefOf?.(place.id) : null;
  return (
    <tr>
      {hrefOf && (
        <td className={cells.name}>
          {page ? <a href={page}>{source}</a> : source}
          {place?.kind === 'connection' && <span className={classes.beside}>a user’s cloud</span>}
          {place === null && <span className={classes.beside}>removed since</span>}
        </td>
      )}
      <td>
        <span className={classes.run}>
          <Status kind={glyph}>{word}</Status>
          {state === 'running' && (
            <Button
              size="xs"
              variant="subtle"
              aria-label={`Cancel the index of ${source}`}
              disabled={!canChange}
              loading={cancel.isPending}
              onClick={() => cancel.mutate({ runId: run.id })}
            >
              Cancel
            </Button>
          )}
        </span>
        {message && <div className={classes.why}>{message}</div>}
        {cancel.error && <ProblemBanner error={cancel.error} title="It was not cancelled." />}
      </td>
      <td className={cells.number}>{countText(seen)}</td>
      <td className={cells.number}>{countText(added)}</td>
      <td className={cells.number}>{countText(changed)}</td>
      <td className={cells.number}>{countText(removed)}</td>
      <td className={cells.number}>{countText(foreign)}</td>
      <td className={cells.number}>{sizeText(bytes)}</td>
      <td className={cells.number}>
        <TimeText time={startedAt} />
      </td>
      <td className={cells.number}>
        {durationText((endedAt === null ? Math.max(now, Date.now()) : Date.parse(endedAt)) - Date.parse(startedAt))}
      </td>
    </tr>
  );
}
