import { useMutation, useQueryClient } from '@tanstack/react-query';
import { limitText, sizeText } from '../../../contract/figures.ts';
import type { User } from '../../../contract/users.ts';
import { useConsole } from '../../app/page-context.ts';
import { useToast } from '../../components/Toasts.tsx';

// What each change of a user makes old, in the one place where the change is defined.

/** Puts the changed user where it is shown, and has lists and history read anew. */
function useUserChanged() {
  const orpc = useConsole();
  const queries = useQueryClient();
  return async (user: User) => {
    queries.setQueryData(orpc.users.show.queryKey({ input: { user: user.id } }), { user });
    await Promise.all([
      queries.invalidateQueries({ queryKey: orpc.users.list.key() }),
      queries.invalidateQueries({ queryKey: orpc.users.outline.key() }),
      queries.invalidateQueries({ queryKey: orpc.audit.list.key() }),
    ]);
  };
}

export function useUpdateUser() {
  const orpc = useConsole();
  const changed = useUserChanged();
  return useMutation(orpc.users.update.mutationOptions({ onSuccess: ({ user }) => changed(user) }));
}

/** Done at once, and taken back at once: the way back is an act of its own with its own entry. */
export function useDeactivate() {
  const orpc = useConsole();
  const changed = useUserChanged();
  const toast = useToast();
  const undo = useMutation(orpc.users.activate.mutationOptions({ onSuccess: ({ user }) => changed(user) }));
  return useMutation(
    orpc.users.deactivate.mutationOptions({
      onSuccess: async ({ user }) => {
        toast({
          title: `${user.name} was deactivated`,
          text: 'Documents and connections stay.',
          undo: () => undo.mutate({ user: user.id, expectedVersion: user.version }),
        });
        await changed(user);
      },
    }),
  );
}

export function useActivate() {
  const orpc = useConsole();
  const changed = useUserChanged();
  const toast = useToast();
  const undo = useMutation(orpc.users.deactivate.mutationOptions({ onSuccess: ({ user }) => changed(user) }));
  return useMutation(
    orpc.users.activate.mutationOptions({
      onSuccess: async ({ user }) => {
        toast({
          title: `${user.name} was reactivated`,
          undo: () => undo.mutate({ user: user.id, expectedVersion: user.version }),
        });
        await changed(user);
      },
    }),
  );
}

export function useSetLimit(user: User) {
  const orpc = useConsole();
  const queries = useQueryClient();
  const changed = useUserChanged();
  const toast = useToast();
  const undo = useMutation(orpc.quotas.set.mutationOptions({ onSuccess: ({ quota }) => put(quota) }));
  async function put(quota: User['quota']) {
    const key = orpc.users.show.queryKey({ input: { user: user.id } });
    const present = queries.getQueryData(key)?.user ?? user;
    await changed({ ...present, quota });
  }
  return useMutation(
    orpc.quotas.set.mutationOptions({
      onSuccess: async ({ quota, belowUsage, previousLimitBytes }) => {
        const limit = quota.limitBytes === null ? 'no limit' : limitText(quota.limitBytes);
        toast({
          title: `Quota of ${user.name} set to ${limit}`,
          ...(belowUsage && quota.limitBytes !== null
            ? { text: `${sizeText(quota.usedBytes - quota.limitBytes)} below present usage.` }
            : {}),
          undo: () => undo.mutate({ user: user.id, limitBytes: previousLimitBytes, expectedVersion: quota.version }),
        });
        await put(quota);
      },
    }),
  );
}

export function useAssignModel() {
  const orpc = useConsole();
  const changed = useUserChanged();
  return useMutation(orpc.ai.assign.mutationOptions({ onSuccess: ({ user }) => changed(user) }));
}

export function useUnassignModel() {
  const orpc = useConsole();
  const changed = useUserChanged();
  return useMutation(orpc.ai.unassign.mutationOptions({ onSuccess: ({ user }) => changed(user) }));
}
