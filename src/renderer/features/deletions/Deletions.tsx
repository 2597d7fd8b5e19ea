import { Button, SegmentedControl } from '@mantine/core';
import { IconTrashX } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import type { Deletion } from '../../../contract/deletions.ts';
import { countText, plural } from '../../../contract/figures.ts';
import { useIsInUse, useRefetchWhileInUse } from '../../app/in-use.ts';
import { useConsole } from '../../app/page-context.ts';
import { href, navigate, useRoute } from '../../app/router.ts';
import { Bar } from '../../components/Bar.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { FailedState } from '../../components/FailedState.tsx';
import { Status } from '../../components/Glyph.tsx';
import { ICON } from '../../components/icon.ts';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { PageBody, PageHead } from '../../components/PageHead.tsx';
import { cells, RuledTable } from '../../components/RuledTable.tsx';
import { TimeText } from '../../components/TimeText.tsx';
import classes from './Deletions.module.css';
import { stateWords, subjectOf } from './deletion-words.ts';
import { progressOf } from './progress.ts';

type Filter = 'running' | 'waiting' | 'done';

const PAGE = 50;
const AGAIN_MS = 3_000;

const columns = [
  { title: 'User' },
  { title: 'State' },
  { title: 'Progress' },
  { title: 'Removed', isNumber: true },
  { title: 'Left over', isNumber: true },
  { title: 'Started', isNumber: true },
  { title: 'Ended', isNumber: true },
];

export function Deletions() {
  const orpc = useConsole();
  const isInUse = useIsInUse();
  const idle = useRefetchWhileInUse();
  const wanted = useRoute().search.get('state');
  const state: Filter | null = wanted === 'running' || wanted === 'waiting' || wanted === 'done' ? wanted : null;
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    orpc.deletions.list.infiniteOptions({
      input: (after: string | null) => ({ after, limit: PAGE, ...(state === null ? {} : { state }) }),
      initialPageParam: null,
      getNextPageParam: ({ next }) => next,
      refetchInterval: ({ state: { data: seen } }) =>
        isInUse && seen?.pages.some(({ rows }) => rows.some(({ endedAt }) => endedAt === null)) ? AGAIN_MS : idle,
    }),
  );
  const rows = data?.pages.flatMap((page) => page.rows) ?? [];
  return (
    <>
      <PageHead title="Deletions" />
      <div className={classes.toolbar}>
        <SegmentedControl
          aria-label="State"
          value={state ?? 'all'}
          onChange={(chosen) =>
            navigate(href(['deletions'], { state: chosen === 'all' ? null : chosen }), { replace: true })
          }
          data={[
            { value: 'all', label: 'All' },
            { value: 'running', label: 'Running' },
            { value: 'waiting', label: 'Waiting' },
            { value: 'done', label: 'Done' },
          ]}
        />
      </div>
      <PageBody>
        {!data && !error && <LoadingRows count={10} label="Loading deletions" />}
        {error && <FailedState error={error} title="The deletions could not be read" onRetry={() => void refetch()} />}
        {data && rows.length === 0 && <NoDeletions state={state} />}
        {rows.length > 0 && (
          <RuledTable label="Deletions" columns={columns}>
            {rows.map((deletion) => (
              <DeletionRow key={deletion.id} deletion={deletion} />
            ))}
          </RuledTable>
        )}
        {hasNextPage && (
          <Button size="xs" variant="subtle" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        )}
      </PageBody>
    </>
  );
}

function DeletionRow({ deletion }: { readonly deletion: Deletion }) {
  const { glyph, word } = stateWords(deletion);
  const { share, removed, total, leftovers } = progressOf(deletion);
  const { waitingFor, state } = deletion;
  return (
    <tr>
      <td className={`${cells.name} ${classes.who}`}>
        <a href={href(['deletions', deletion.id])}>{subjectOf(deletion)}</a>
      </td>
      <td>
        <Status kind={glyph}>{word}</Status>
        {state === 'waiting' && waitingFor && <div className={classes.why}>{waitingFor.message}</div>}
      </td>
      <td className={classes.progress}>
        <Bar done={share} label={`${Math.floor(share * 100)} % of ${plural(total, 'object')}`} />
      </td>
      <td className={cells.number}>
        {countText(removed)} of {countText(total)}
      </td>
      <td className={cells.number}>{countText(leftovers)}</td>
      <td className={cells.number}>
        <TimeText time={deletion.startedAt} />
      </td>
      <td className={cells.number}>
        <TimeText time={deletion.endedAt} />
      </td>
    </tr>
  );
}

function NoDeletions({ state }: { readonly state: Filter | null }) {
  if (state !== null)
    return (
      <EmptyState
        icon={<IconTrashX {...ICON.large} />}
        title={state === 'running' ? 'None runs' : state === 'waiting' ? 'None waits' : 'None is done yet'}
        actions={
          <Button component="a" href={href(['deletions'])}>
            Show all deletions
          </Button>
        }
      />
    );
  return (
    <EmptyState
      icon={<IconTrashX {...ICON.large} />}
      title="Nobody has been deleted"
      actions={
        <Button component="a" href={href(['users'])}>
          Show users
        </Button>
      }
    >
      A deletion begins on the page of a user, with a plan that names what will go.
    </EmptyState>
  );
}
