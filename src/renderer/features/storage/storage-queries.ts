import { useQuery, useQueryClient } from '@tanstack/react-query';
import type { IndexRun } from '../../../contract/storage.ts';
import { LineLost } from '../../app/console-line.ts';
import { useRefetchWhileInUse } from '../../app/in-use.ts';
import { useConsole } from '../../app/page-context.ts';
import { useWhenEnded } from '../../app/when-ended.ts';
import { useStorageChanged } from './storage-changes.ts';

const RUNS_READ = 50;
const AGAIN_AFTER_MS = 2_000;

export function useProfiles() {
  const orpc = useConsole();
  return useQuery(orpc.storage.list.queryOptions({ input: {}, refetchInterval: useRefetchWhileInUse() }));
}

/** The newest runs, whatever they were of. */
export function useIndexRuns() {
  const orpc = useConsole();
  return useQuery(
    orpc.storage.indexRuns.queryOptions({ input: { limit: RUNS_READ }, refetchInterval: useRefetchWhileInUse() }),
  );
}

/** The run as news of it comes; what it brought in is read anew wherever it stands when it has ended. */
export function useWatchedRun(run: IndexRun): IndexRun {
  const orpc = useConsole();
  const queries = useQueryClient();
  const changed = useStorageChanged();
  const { data } = useQuery(
    orpc.storage.watchIndex.experimental_liveOptions({
      input: { runId: run.id },
      enabled: run.state === 'running',
      retry: (failures, error) => error instanceof LineLost || failures < 1,
      retryDelay: AGAIN_AFTER_MS,
      staleTime: Number.POSITIVE_INFINITY,
    }),
  );
  const now = data ?? run;
  useWhenEnded(now.state !== 'running', () => {
    void changed();
    // Usage of everybody may have changed.
    void queries.invalidateQueries({ queryKey: orpc.users.key() });
    void queries.invalidateQueries({ queryKey: orpc.connections.key() });
  });
  return now;
}

/** What a look at a store found. An act that stands in the log, so it is never made by itself. */
export function useCheck(profile: string) {
  const orpc = useConsole();
  return useQuery(
    orpc.storage.check.queryOptions({
      input: { profile },
      enabled: false,
      retry: false,
      staleTime: Number.POSITIVE_INFINITY,
      gcTime: Number.POSITIVE_INFINITY,
    }),
  );
}
