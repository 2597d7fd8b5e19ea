import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useConsole } from '../../app/page-context.ts';
import { useToast } from '../../components/Toasts.tsx';

// What each change makes old, in the one place where the change is defined.

export function useSetSettings(said: string) {
  const orpc = useConsole();
  const queries = useQueryClient();
  const toast = useToast();
  return useMutation(
    orpc.settings.set.mutationOptions({
      onSuccess: async (answer) => {
        queries.setQueryData(orpc.settings.show.queryKey({ input: {} }), answer);
        toast({ title: said });
        // The name stands in the session's state, and quotas are judged by the shares.
        await Promise.all([
          queries.invalidateQueries({ queryKey: orpc.session.state.key() }),
          queries.invalidateQueries({ queryKey: orpc.users.key() }),
        ]);
      },
    }),
  );
}

function useCatalogueChanged() {
  const orpc = useConsole();
  const queries = useQueryClient();
  return () => queries.invalidateQueries({ queryKey: orpc.ai.key() });
}

export function useAddProvider() {
  const orpc = useConsole();
  return useMutation(orpc.ai.addProvider.mutationOptions({ onSuccess: useCatalogueChanged() }));
}

export function useAddModel() {
  const orpc = useConsole();
  return useMutation(orpc.ai.addModel.mutationOptions({ onSuccess: useCatalogueChanged() }));
}

export function useRemoveModel() {
  const orpc = useConsole();
  return useMutation(orpc.ai.removeModel.mutationOptions({ onSuccess: useCatalogueChanged() }));
}

export function useRemoveProvider() {
  const orpc = useConsole();
  return useMutation(orpc.ai.removeProvider.mutationOptions({ onSuccess: useCatalogueChanged() }));
}
