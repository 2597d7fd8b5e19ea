import { createORPCClient, ORPCError } from '@orpc/client';
import { createTanstackQueryUtils } from '@orpc/tanstack-query';
import { focusManager, hashKey, MutationCache, QueryCache, QueryClient } from '@tanstack/react-query';
import type { ConsoleClient } from '../../contract/index.ts';
import { connect, takeOneTimeToken } from './connect.ts';
import { LineLost, openConsoleLine } from './console-line.ts';
import { openSessionStore } from './session.ts';

const MINUTE_MS = 60_000;
const USUAL_LIMIT_MS = 30_000;
/** Procedures that talk to servers elsewhere, list whole stores or read the whole log. */
const LONGER_LIMITS_MS: Readonly<Record<string, number>> = {
  'deletions.plan': 15 * MINUTE_MS,
  'deletions.certificate': 2 * MINUTE_MS,
  'deletions.verify': 2 * MINUTE_MS,
  'audit.verify': 10 * MINUTE_MS,
  'connections.test': 2 * MINUTE_MS,
  'connections.add': 2 * MINUTE_MS,
  'connections.update': 2 * MINUTE_MS,
  'storage.check': 2 * MINUTE_MS,
};

/** Before anybody is signed in nothing is kept under a request id. */
const NEVER_TWICE = new Set(['session.setUp', 'session.signIn']);

/** What made the answer wrong is a matter of who is signed in and what is unlocked: that is asked again. */
const CODES_OF_STATE = new Set([
  'NOT_SIGNED_IN',
  'NOT_ADMINISTRATOR',
  'PASSWORD_MUST_CHANGE',
  'VAULT_LOCKED',
  'LOG_TAMPERED',
  'NOT_SET_UP',
]);

export type Page = ReturnType<typeof openPage>;

/** Everything the page has to do with the console, made once: line, session, client, and the cache of its answers. */
export function openPage() {
  let oneTimeToken = takeOneTimeToken();
  const session = openSessionStore(window.sessionStorage);
  const line = openConsoleLine({
    connect: () => {
      const token = oneTimeToken;
      oneTimeToken = null;
      return connect(token);
    },
    greet: session.takeUp,
    timeLimitMs: (procedure) => LONGER_LIMITS_MS[procedure] ?? USUAL_LIMIT_MS,
    maySendAgain: (procedure) => !NEVER_TWICE.has(procedure),
  });
  const client: ConsoleClient = createORPCClient(line.link);
  const orpc = createTanstackQueryUtils(client);

  // An error never signs anybody out by itself: an answer can be older than the session. It makes the page ask anew.
  const onError = (error: unknown) => {
    if (error instanceof ORPCError && CODES_OF_STATE.has(error.code))
      void queries.invalidateQueries({ queryKey: orpc.session.state.key() });
  };
  const stateHash = hashKey(orpc.session.state.queryKey({ input: {} }));
  const queries = new QueryClient({
    queryCache: new QueryCache({
      onError: (error, query) => {
        if (query.queryHash !== stateHash) onError(error);
      },
    }),
    mutationCache: new MutationCache({
      onError,
      // Every act is an entry of the log, whose length and state stand in the session's. Sign-in and its like see to that themselves.
      onSuccess: (_answer, _input, _result, { options }) => {
        if (!hashKey(options.mutationKey ?? []).includes('"session"'))
          void queries.invalidateQueries({ queryKey: orpc.session.state.key() });
      },
    }),
    defaultOptions: {
      queries: {
        // The console is on this machine: whether there is a network says nothing about it.
        networkMode: 'always',
        staleTime: 10_000,
        retry: (failures, error) => error instanceof LineLost && failures < 3,
        retryDelay: 400,
      },
      mutations: { networkMode: 'always', retry: false },
    },
  });

  // A window beside another one is visible all the time: it looks again when it is turned to, as well.
  focusManager.setEventListener((onFocus) => {
    const look = () => onFocus();
    window.addEventListener('visibilitychange', look);
    window.addEventListener('focus', look);
    return () => {
      window.removeEventListener('visibilitychange', look);
      window.removeEventListener('focus', look);
    };
  });

  let wasOpen = false;
  line.subscribe(() => {
    if (line.state() !== 'open') return;
    // Whatever was read on the line before may have changed meanwhile.
    if (wasOpen) void queries.invalidateQueries();
    wasOpen = true;
  });
  return { line, session, client, orpc, queries };
}
