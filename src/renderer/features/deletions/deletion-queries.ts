import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useEffect } from 'react';
import type { Deletion } from '../../../contract/deletions.ts';
import { LineLost } from '../../app/console-line.ts';
import { useConsole } from '../../app/page-context.ts';
import { useWhenEnded } from '../../app/when-ended.ts';
import { isOver } from './progress.ts';

const AGAIN_AFTER_MS = 2_000;

/** The deletion as news of it comes; it goes on where the work is now after a line was lost. */
export function useWatchedDeletion(deletionId: string) {
  const orpc = useConsole();
  const queries = useQueryClient();
  const watched = useQuery(
    orpc.deletions.watch.experimental_liveOptions({
      input: { deletionId },
      retry: (failures, error) => error instanceof LineLost || failures < 1,
      retryDelay: AGAIN_AFTER_MS,
      staleTime: Number.POSITIVE_INFINITY,
      // What the start has answered is shown at once, and watched from then on.
      refetchOnMount: 'always',
      // A watch ends when the deletion does. One that ended before that is taken up again.
      refetchInterval: ({ state }) =>
        state.fetchStatus === 'idle' && state.data && !isOver(state.data) && AGAIN_AFTER_MS,
    }),
  );
  const { data } = watched;
  // The lists that others read now and then, such as the strip's, must not say less than this page does.
  useEffect(() => {
    if (!data) return;
    queries.setQueriesData<{ readonly rows: readonly Deletion[] }>(
      { queryKey: orpc.deletions.list.key({ type: 'query' }) },
      (seen) => seen && { ...seen, rows: seen.rows.map((row) => (row.id === data.id ? data : row)) },
    );
  }, [data, orpc, queries]);
  // With the user went documents, connections and a place in every list and count.
  useWhenEnded(watched.data !== undefined && isOver(watched.data), () => {
    const parts = [orpc.users, orpc.connections, orpc.storage, orpc.audit, orpc.ai, orpc.deletions.list, orpc.session];
    for (const part of parts) void queries.invalidateQueries({ queryKey: part.key() });
  });
  return watched;
}

/** The unfinished deletion of a user, where there is one. */
export function useDeletionOf(userId: string): Deletion | null {
  const orpc = useConsole();
  const { data: running } = useQuery(orpc.deletions.list.queryOptions({ input: { state: 'running', limit: 100 } }));
  const { data: waiting } = useQuery(orpc.deletions.list.queryOptions({ input: { state: 'waiting', limit: 100 } }));
  return [...(running?.rows ?? []), ...(waiting?.rows ?? [])].find((deletion) => deletion.userId === userId) ?? null;
}
