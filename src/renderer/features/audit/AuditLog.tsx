import { Button, NativeSelect } from '@mantine/core';
import { IconListSearch } from '@tabler/icons-react';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { AuditEntry } from '../../../contract/audit.ts';
import { countText } from '../../../contract/figures.ts';
import { useRefetchWhileInUse } from '../../app/in-use.ts';
import { useConsole } from '../../app/page-context.ts';
import { href, navigate, useRoute } from '../../app/router.ts';
import { useFrame } from '../../app/session-state.ts';
import { EmptyState } from '../../components/EmptyState.tsx';
import { FailedState } from '../../components/FailedState.tsx';
import { FilterChip } from '../../components/FilterChip.tsx';
import { Glyph } from '../../components/Glyph.tsx';
import { ICON } from '../../components/icon.ts';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { PageHead } from '../../components/PageHead.tsx';
import { shortened } from '../../components/shortened.ts';
import { clockText, exactText } from '../../components/time.ts';
import classes from './AuditLog.module.css';
import { useActorNames } from './actor-names.ts';
import { EntryPane } from './EntryPane.tsx';
import { briefWords, eventWord, knownEvents } from './event-words.ts';
import { useVerifyLog, VerdictBanner } from './VerdictBanner.tsx';

const PAGE = 100;

interface LogFilter {
  readonly event: string | null;
  readonly outcome: AuditEntry['outcome'] | null;
  readonly target: string | null;
}

function useLogFilter(): [LogFilter, (change: Partial<LogFilter>) => void] {
  const { search } = useRoute();
  const outcome = search.get('outcome');
  const filter: LogFilter = {
    event: search.get('event'),
    outcome: outcome === 'done' || outcome === 'refused' || outcome === 'failed' ? outcome : null,
    target: search.get('target'),
  };
  return [filter, (change) => navigate(href(['audit'], { ...filter, ...change }), { replace: true })];
}

/** Everything that was done, newest first, and whether it can be believed. */
export function AuditLog() {
  const orpc = useConsole();
  const { state } = useFrame();
  const verify = useVerifyLog();
  const idle = useRefetchWhileInUse();
  const [filter, setFilter] = useLogFilter();
  const [chosen, setChosen] = useState<string | null>(null);
  const { data, error, refetch, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    orpc.audit.list.infiniteOptions({
      input: (after: string | null) => ({
        after,
        limit: PAGE,
        ...(filter.event === null ? {} : { event: filter.event }),
        ...(filter.outcome === null ? {} : { outcome: filter.outcome }),
        ...(filter.target === null ? {} : { targetId: filter.target }),
      }),
      initialPageParam: null,
      getNextPageParam: ({ next }) => next,
      // Older pages are not read again and again: whoever is down there reads what was.
      refetchInterval: ({ state: { data: seen } }) => (seen?.pages.length === 1 ? idle : false),
    }),
  );
  const rows = data?.pages.flatMap((page) => page.rows) ?? [];
  const entry = rows.find(({ id }) => id === chosen) ?? null;
  const nameOf = useActorNames(rows);
  return (
    <>
      <PageHead
        title="Audit log"
        meta={`${countText(state.audit.entries)} ${state.audit.entries === 1 ? 'entry' : 'entries'}`}
        actions={
          <Button loading={verify.isPending} onClick={() => verify.mutate({})}>
            Verify now
          </Button>
        }
      />
      <VerdictBanner verification={verify.data} error={verify.error} />
      <LogToolbar filter={filter} onChange={setFilter} />
      <div className={classes.split}>
        <div className={classes.list} data-beside={entry !== null || undefined}>
          {!data && !error && <LoadingRows count={14} label="Loading the log" />}
          {error && <FailedState error={error} title="The log could not be read" onRetry={() => void refetch()} />}
          {data && rows.length === 0 && (
            <EmptyState
              icon={<IconListSearch {...ICON.large} />}
              title="No entry matches"
              actions={
                <Button onClick={() => setFilter({ event: null, outcome: null, target: null })}>Clear filters</Button>
              }
            >
              The log itself has {countText(state.audit.entries)} entries.
            </EmptyState>
          )}
          {rows.length > 0 && <EntryTable rows={rows} chosen={chosen} onChoose={setChosen} nameOf={nameOf} />}
          {hasNextPage && (
            <div className={classes.more}>
              <Button size="xs" variant="subtle" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
                Show older entries
              </Button>
            </div>
          )}
        </div>
        {entry && <EntryPane entry={entry} actor={nameOf(entry.actor)} onClose={() => setChosen(null)} />}
      </div>
    </>
  );
}

interface LogToolbarProps {
  readonly filter: LogFilter;
  readonly onChange: (change: Partial<LogFilter>) => void;
}

function LogToolbar({ filter, onChange }: LogToolbarProps) {
  return (
    <search className={classes.toolbar}>
      <NativeSelect
        size="xs"
        aria-label="Event"
        value={filter.event ?? ''}
        onChange={(event) => onChange({ event: event.currentTarget.value || null })}
        data={[
          { value: '', label: 'Every event' },
          ...knownEvents.map((event) => ({ value: event, label: eventWord(event) })),
          // One that a newer console wrote still filters, and says so.
          ...(filter.event === null || knownEvents.includes(filter.event)
            ? []
            : [{ value: filter.event, label: filter.event }]),
        ]}
        className={classes.events ?? ''}
      />
      <NativeSelect
        size="xs"
        aria-label="Outcome"
        value={filter.outcome ?? ''}
        onChange={(event) => {
          const { value } = event.currentTarget;
          onChange({ outcome: value === 'done' || value === 'refused' || value === 'failed' ? value : null });
        }}
        data={[
          { value: '', label: 'Every outcome' },
          { value: 'done', label: 'Done' },
          { value: 'refused', label: 'Refused' },
          { value: 'failed', label: 'Failed' },
        ]}
      />
      {filter.target && (
        <FilterChip label="About" value={shortened(filter.target)} onRemove={() => onChange({ target: null })} />
      )}
    </search>
  );
}

interface EntryTableProps {
  readonly rows: readonly AuditEntry[];
  readonly chosen: string | null;
  readonly onChoose: (id: string) => void;
  readonly nameOf: (actor: AuditEntry['actor']) => string;
}

function EntryTable({ rows, chosen, onChoose, nameOf }: EntryTableProps) {
  return (
    <table className={classes.table} aria-label="Entries">
      <thead>
        <tr>
          <th scope="col" className={classes.number}>
            Entry
          </th>
          <th scope="col">Time</th>
          <th scope="col">Actor</th>
          <th scope="col">Event</th>
          <th scope="col" className={classes.target}>
            Target
          </th>
          <th scope="col">Outcome</th>
        </tr>
      </thead>
      <tbody>
        {rows.map((entry) => (
          <tr key={entry.id} data-chosen={entry.id === chosen || undefined}>
            <td className={classes.number}>
              <button
                type="button"
                className={classes.open}
                aria-pressed={entry.id === chosen}
                aria-label={`Entry ${countText(entry.sequence)}, ${briefWords(entry)}`}
                onClick={() => onChoose(entry.id)}
              >
                {countText(entry.sequence)}
              </button>
            </td>
            <td className={classes.time}>
              <time dateTime={entry.time} title={exactText(entry.time)}>
                {clockText(entry.time)}
              </time>
            </td>
            <td className={classes.actor}>{nameOf(entry.actor)}</td>
            <td className={classes.event} data-bad={entry.outcome !== 'done' || undefined}>
              {briefWords(entry)} <code className={classes.code}>{entry.event}</code>
            </td>
            <td className={classes.target}>
              {entry.target ? (
                <>
                  {entry.target.kind.replaceAll('_', ' ')}{' '}
                  <code title={entry.target.id}>{shortened(entry.target.id)}</code>
                </>
              ) : (
                '—'
              )}
            </td>
            <td className={classes.outcome}>
              {entry.outcome !== 'done' && <Glyph kind="bad" />} {entry.outcome}
            </td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
