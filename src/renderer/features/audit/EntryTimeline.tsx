import type { AuditEntry } from '../../../contract/audit.ts';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { Timeline } from '../../components/Timeline.tsx';
import { useActorNames } from './actor-names.ts';
import { entryWords } from './event-words.ts';

interface EntryTimelineProps {
  readonly entries: readonly AuditEntry[] | undefined;
  readonly error: unknown;
  readonly loading: string;
}

/** What the log says of one thing, newest first. */
export function EntryTimeline({ entries, error, loading }: EntryTimelineProps) {
  const nameOf = useActorNames(entries ?? []);
  return (
    <>
      <ProblemBanner error={error} title="The log could not be read." />
      {!entries && !error && <LoadingRows count={4} label={loading} />}
      {entries && (
        <Timeline
          entries={entries.map((entry) => ({
            id: entry.id,
            time: entry.time,
            act: entryWords(entry),
            by: nameOf(entry.actor),
            isRefused: entry.outcome !== 'done',
          }))}
        />
      )}
    </>
  );
}
