import { Button } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useConsole } from '../../app/page-context.ts';
import { href } from '../../app/router.ts';
import { Section } from '../../components/Section.tsx';
import { EntryTimeline } from '../audit/EntryTimeline.tsx';

const SHOWN = 20;

/** What was done to this user, from the log. */
export function HistorySection({ userId }: { readonly userId: string }) {
  const orpc = useConsole();
  const { data, error } = useQuery(orpc.audit.list.queryOptions({ input: { targetId: userId, limit: SHOWN } }));
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
      <EntryTimeline entries={data?.rows} error={error} loading="Loading the history" />
    </Section>
  );
}
