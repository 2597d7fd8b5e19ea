import { useMutation, useMutationState, useQueryClient } from '@tanstack/react-query';
import type { Connection } from '../../../contract/connections.ts';
import { plural } from '../../../contract/figures.ts';
import { useConsole } from '../../app/page-context.ts';
import { useToast } from '../../components/Toasts.tsx';

// What each change of a connection makes old, in the one place where the change is defined.

function useConnectionsChanged() {
  const orpc = useConsole();
  const queries = useQueryClient();
  return () =>
    Promise.all([
      queries.invalidateQueries({ queryKey: orpc.connections.key() }),
      queries.invalidateQueries({ queryKey: orpc.users.key() }),
      queries.invalidateQueries({ queryKey: orpc.storage.documents.key() }),
      queries.invalidateQueries({ queryKey: orpc.audit.list.key() }),
    ]);
}

export function useTestConnection() {
  const orpc = useConsole();
  const changed = useConnectionsChanged();
  const toast = useToast();
  return useMutation(
    orpc.connections.test.mutationOptions({
      onSuccess: async ({ connection, ok, message }) => {
        toast({
          title: ok ? `${connection.label} works` : `${connection.label} does not work`,
          text: message,
          isFailure: !ok,
        });
        await changed();
      },
    }),
  );
}

/** What the last test of this connection said, if this window has made it: the record keeps only the state. */
export function useLastTestSaid({ id, lastCheckedAt }: Pick<Connection, 'id' | 'lastCheckedAt'>): string | null {
  const orpc = useConsole();
  const said = useMutationState({
    filters: { mutationKey: orpc.connections.test.mutationKey(), status: 'success' },
    // The filter leaves only tests, whose answer is the contract's.
    select: ({ state }) => state.data as Awaited<ReturnType<typeof orpc.connections.test.call>> | undefined,
  });
  return (
    said.findLast((answer) => answer?.connection.id === id && answer.connection.lastCheckedAt === lastCheckedAt)
      ?.message ?? null
  );
}

/** Adds it and tries it at once: one that does not work is there nevertheless, and says so. */
export function useAddConnection(onDone: () => void) {
  const orpc = useConsole();
  const changed = useConnectionsChanged();
  const test = useTestConnection();
  return useMutation(
    orpc.connections.add.mutationOptions({
      onSuccess: async ({ connection }) => {
        onDone();
        test.mutate({ connectionId: connection.id });
        await changed();
      },
    }),
  );
}

export function useUpdateConnection(onDone: () => void) {
  const orpc = useConsole();
  const changed = useConnectionsChanged();
  const test = useTestConnection();
  return useMutation(
    orpc.connections.update.mutationOptions({
      onSuccess: async ({ connection }) => {
        onDone();
        test.mutate({ connectionId: connection.id });
        await changed();
      },
    }),
  );
}

/** Brings what lies in the cloud into the workspace; the run is watched in its row. */
export function useIndexConnection() {
  const orpc = useConsole();
  const queries = useQueryClient();
  return useMutation(
    orpc.storage.index.mutationOptions({
      onSuccess: () => queries.invalidateQueries({ queryKey: orpc.storage.indexRuns.key() }),
    }),
  );
}

const REVOKED = {
  revoked: 'Its grant was revoked at the provider.',
  not_offered: 'The provider offers no revocation; the credentials are erased here.',
  still_in_use: 'Another connection uses the same grant, so it was not revoked.',
} as const;

export function useRemoveConnection(label: string, onDone: () => void) {
  const orpc = useConsole();
  const changed = useConnectionsChanged();
  const toast = useToast();
  return useMutation(
    orpc.connections.remove.mutationOptions({
      onSuccess: async ({ revoked, documentsForgotten }) => {
        onDone();
        const forgotten =
          documentsForgotten > 0 ? ` ${plural(documentsForgotten, 'document')} left the record, the objects stay.` : '';
        toast({ title: `${label} was removed`, text: `${REVOKED[revoked]}${forgotten}` });
        await changed();
      },
    }),
  );
}
