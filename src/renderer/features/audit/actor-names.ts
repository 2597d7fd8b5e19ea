import { useQueries } from '@tanstack/react-query';
import type { AuditEntry } from '../../../contract/audit.ts';
import { useConsole } from '../../app/page-context.ts';
import { shortened } from '../../components/shortened.ts';

type Actor = Pick<AuditEntry['actor'], 'kind' | 'id'>;

/** Administrators are few, so whoever acted is looked up by id; one that is gone stays an id. */
export function useActorNames(entries: readonly { readonly actor: Actor }[]): (actor: Actor) => string {
  const orpc = useConsole();
  const ids = [
    ...new Set(entries.flatMap(({ actor }) => (actor.kind === 'administrator' && actor.id ? [actor.id] : []))),
  ];
  const answers = useQueries({
    queries: ids.map((id) => orpc.users.show.queryOptions({ input: { user: id }, staleTime: 60_000, retry: false })),
  });
  const names = new Map(ids.map((id, index) => [id, answers[index]?.data?.user.mail]));
  return ({ kind, id }) => {
    if (kind === 'console') return 'console';
    if (kind === 'anonymous' || id === null) return 'nobody signed in';
    return names.get(id) ?? shortened(id);
  };
}
