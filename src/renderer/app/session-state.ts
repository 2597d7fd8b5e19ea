import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { createContext, useContext } from 'react';
import type { ConsoleClient } from '../../contract/index.ts';
import { usePage } from './page-context.ts';

export type SessionState = Awaited<ReturnType<ConsoleClient['session']['state']>>;
export type SignedIn = NonNullable<SessionState['signedIn']>;

/** Without a session of its own: asking this does not keep one open. */
const ASKED_EVERY_MS = 15_000;

/** What the page shows first, and the strip always: set-up, vault, log, and who is signed in. */
export function useSessionState() {
  const { orpc } = usePage();
  return useQuery(
    orpc.session.state.queryOptions({ input: {}, refetchInterval: ASKED_EVERY_MS, refetchIntervalInBackground: true }),
  );
}

/** Takes the answer to sign-in or set-up into the page. What was on its way before it is not listened to any more. */
export function useEnter() {
  const { orpc, session } = usePage();
  const queries = useQueryClient();
  return async (token: string, signedIn: SignedIn | null) => {
    session.keep(token);
    const queryKey = orpc.session.state.queryKey({ input: {} });
    await queries.cancelQueries({ queryKey });
    if (signedIn) queries.setQueryData(queryKey, (state) => (state ? { ...state, signedIn } : state));
    await queries.invalidateQueries();
  };
}

export interface FrameContents {
  readonly state: SessionState;
  readonly signedIn: SignedIn;
  /** Nothing of the screens is kept: another person may sit here next. */
  readonly onSignedOut: () => void;
}

export const FrameContext = createContext<FrameContents | null>(null);

export function useFrame(): FrameContents {
  const contents = useContext(FrameContext);
  if (!contents) throw new Error('Only screens behind sign-in know who is signed in.');
  return contents;
}

/** Whether anything can be changed now. While the vault is locked everything is read-only; a banner says so. */
export function useCanChange(): boolean {
  return !useFrame().signedIn.readOnly;
}

export function useSignOut() {
  const { orpc, session } = usePage();
  const { onSignedOut } = useFrame();
  const queries = useQueryClient();
  return useMutation(
    orpc.session.signOut.mutationOptions({
      onSettled: async () => {
        session.forget();
        onSignedOut();
        queries.removeQueries({ predicate: (query) => !isStateKey(query.queryKey) });
        await queries.invalidateQueries({ queryKey: orpc.session.state.key() });
      },
    }),
  );
}

function isStateKey(key: readonly unknown[]): boolean {
  const [path] = key;
  return Array.isArray(path) && path.join('.') === 'session.state';
}
