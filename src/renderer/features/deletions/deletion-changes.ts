import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Deletion } from '../../../contract/deletions.ts';
import { useConsole, usePage } from '../../app/page-context.ts';
import { href, navigate } from '../../app/router.ts';
import { useStepUp } from '../session/StepUp.tsx';

// What each act on a deletion makes old, in the one place where the act is defined.

function useDeletionChanged() {
  const orpc = useConsole();
  const queries = useQueryClient();
  return async (deletion: Deletion) => {
    queries.setQueryData(orpc.deletions.watch.experimental_liveKey({ input: { deletionId: deletion.id } }), deletion);
    await Promise.all([
      queries.invalidateQueries({ queryKey: orpc.deletions.list.key() }),
      queries.invalidateQueries({ queryKey: orpc.audit.list.key() }),
    ]);
  };
}

interface StartInput {
  readonly planId: string;
  readonly confirm: string;
  readonly password: string;
  readonly whenDown: 'wait' | 'without_unreachable' | 'best_effort';
  readonly review: boolean;
}

/** The password, then the start: the console wants one before the other. */
export function useStartDeletion() {
  const { client, orpc } = usePage();
  const queries = useQueryClient();
  const changed = useDeletionChanged();
  return useMutation({
    mutationFn: async ({ password, ...start }: StartInput) => {
      await client.session.stepUp({ password });
      return client.deletions.start(start);
    },
    onSuccess: async ({ deletion }) => {
      // The answer is there before the screen that shows it.
      const rest = changed(deletion);
      navigate(href(['deletions', deletion.id]));
      await Promise.all([rest, queries.invalidateQueries({ queryKey: orpc.users.key() })]);
    },
  });
}

type Resume = Parameters<ReturnType<typeof usePage>['client']['deletions']['resume']>[0];

export function useResume() {
  const { client } = usePage();
  const changed = useDeletionChanged();
  const withStepUp = useStepUp();
  return useMutation({
    mutationFn: (input: Resume) => withStepUp(() => client.deletions.resume(input)),
    onSuccess: ({ deletion }) => changed(deletion),
  });
}

export function usePause() {
  const orpc = useConsole();
  const changed = useDeletionChanged();
  return useMutation(orpc.deletions.pause.mutationOptions({ onSuccess: ({ deletion }) => changed(deletion) }));
}

export function useCallOff() {
  const orpc = useConsole();
  const queries = useQueryClient();
  const changed = useDeletionChanged();
  return useMutation(
    orpc.deletions.cancel.mutationOptions({
      onSuccess: async ({ deletion }) => {
        await changed(deletion);
        await queries.invalidateQueries({ queryKey: orpc.users.key() });
      },
    }),
  );
}

interface RetryInput {
  readonly deletionId: string;
  readonly leftoverId?: string;
}

export function useRetry() {
  const { client } = usePage();
  const changed = useDeletionChanged();
  const withStepUp = useStepUp();
  return useMutation({
    mutationFn: (input: RetryInput) => withStepUp(() => client.deletions.retry(input)),
    onSuccess: ({ deletion }) => changed(deletion),
  });
}
