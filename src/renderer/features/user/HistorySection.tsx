import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useConsole } from '../../app/page-context.ts';
import { href } from '../../app/router.ts';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { Section } from '../../components/Section.tsx';
import { Timeline } from '../../components/Timeline.tsx';
import { useActorNames } from '../audit/actor-names.ts';
import { entryWords } from '../audit/event-words.ts';

const SHOWN = 20;

/** What was done to this user, from the log. */
export function HistorySection({ userId }: { readonly userId: string }) {
  const orpc = useConsole();
  const { data, error } = useQuery(orpc.audit.list.queryOptions({ input: { targetId: userId, limit: SHOWN } }));
  const nameOf = useActorNames(data?.rows ?? []);
  return (
    <Section
      title="History"
      meta={data && data.rows.length === 0 ? 'no entries' : undefined}
      actions={
        <Button size="xs" variant="subtle" component="a" href={href(['audit'], { target: userId })}>
          Show all
        </Button>
      }
    >
      <ProblemBanner error={error} title="The log could not be read." />
      {!data && !error && <LoadingRows count={4} label="Loading the history" />}
      {data && (
        <Timeline
          entries={data.rows.map((entry) => ({
            id: entry.id,
            time: entry.time,
            act: entryWords(entry),
            by: nameOf(entry.actor),
            isRefused: entry.outcome !== 'done',
          }))}
        />
      )}
    </Section>
  );
}
