import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Profile } from '../../../contract/storage.ts';
import { useConsole } from '../../app/page-context.ts';
import { href, navigate } from '../../app/router.ts';
import { useToast } from '../../components/Toasts.tsx';

// What each change of a store makes old, in the one place where the change is defined.

export function useStorageChanged() {
  const orpc = useConsole();
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: orpc.storage.list.key() }),
      queries.invalidateQueries({ queryKey: orpc.storage.indexRuns.key() }),
      queries.invalidateQueries({ queryKey: orpc.storage.documents.key() }),
      queries.invalidateQueries({ queryKey: orpc.audit.list.key() }),
      queries.invalidateQueries({ queryKey: orpc.session.state.key() }),
    ]);
}

/** Looks at a store again, and shows what was found wherever its check stands. */
export function useCheckAgain() {
  const orpc = useConsole();
  const queries = useQueryClient();
  return async (profile: string) => {
    const { queryKey } = orpc.storage.check.queryOptions({ input: { profile } });
    // What was found before says nothing about what is configured now.
    queries.removeQueries({ queryKey, exact: true });
    // The check shows its own error.
    await queries
      .fetchQuery({ ...orpc.storage.check.queryOptions({ input: { profile } }), retry: false })
      .catch(() => {});
    await queries.invalidateQueries({ queryKey: orpc.audit.list.key() });
  };
}

/** Adds it and looks at it at once: one that does not work is there nevertheless, and says so. */
export function useAddProfile(onDone: () => void) {
  const orpc = useConsole();
  const changed = useStorageChanged();
  const checkAgain = useCheckAgain();
  return useMutation(
    orpc.storage.add.mutationOptions({
      onSuccess: async ({ profile }) => {
        await changed();
        onDone();
        navigate(href(['storage', profile.name]));
        void checkAgain(profile.name);
      },
    }),
  );
}

export function useUpdateProfile(onDone: () => void) {
  const orpc = useConsole();
  const changed = useStorageChanged();
  const checkAgain = useCheckAgain();
  const toast = useToast();
  return useMutation(
    orpc.storage.update.mutationOptions({
      onSuccess: async ({ profile }) => {
        await changed();
        onDone();
        toast({ title: `${profile.name} was changed`, text: 'It is being tested with what it says now.' });
        void checkAgain(profile.name);
      },
    }),
  );
}

export function useRemoveProfile({ name }: Profile) {
  const orpc = useConsole();
  const changed = useStorageChanged();
  const toast = useToast();
  return useMutation(
    orpc.storage.remove.mutationOptions({
      onSuccess: async () => {
        navigate(href(['storage']));
        toast({ title: `${name} was removed`, text: 'What lies there was not touched.' });
        await changed();
      },
    }),
  );
}

export function useStartIndex() {
  const orpc = useConsole();
  const changed = useStorageChanged();
  return useMutation(orpc.storage.index.mutationOptions({ onSuccess: changed }));
}

export function useCancelIndex() {
  const orpc = useConsole();
  const changed = useStorageChanged();
  return useMutation(orpc.storage.cancelIndex.mutationOptions({ onSuccess: changed }));
}
