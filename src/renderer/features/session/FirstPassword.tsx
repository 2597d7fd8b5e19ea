import { Button } from '@mantine/core';
import { type SessionState, type SignedIn, useSignOut } from '../../app/session-state.ts';
import { Entrance } from './Entrance.tsx';
import { PasswordForm } from './PasswordForm.tsx';

/** A first password was known to somebody else: it is changed before anything else. */
export function FirstPassword({ state, signedIn }: { readonly state: SessionState; readonly signedIn: SignedIn }) {
  const signOut = useSignOut();
  return (
    <Entrance
      state={state}
      title="Choose your own password"
      lead={`Somebody else gave ${signedIn.mail} its first password. Nothing else can be done before it is changed.`}
    >
      <PasswordForm
        size="md"
        currentLabel="First password"
        other={
          <Button size="md" variant="subtle" loading={signOut.isPending} onClick={() => signOut.mutate({})}>
            Sign out
          </Button>
        }
      />
    </Entrance>
  );
}
