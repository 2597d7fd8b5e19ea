import { Button, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useConsole } from '../../app/page-context.ts';
import { type SessionState, useEnter } from '../../app/session-state.ts';
import { Banner } from '../../components/Banner.tsx';
import { Form } from '../../components/Form.tsx';
import { PasswordField } from '../../components/PasswordField.tsx';
import { problemOf } from '../../components/problem.ts';
import { Entrance } from './Entrance.tsx';

interface SignInProps {
  readonly state: SessionState;
  /** Somebody was signed in in this window until their session ended by itself. */
  readonly hasEnded: boolean;
}

export function SignIn({ state, hasEnded }: SignInProps) {
  const orpc = useConsole();
  const enter = useEnter();
  const [mail, setMail] = useState('');
  const [password, setPassword] = useState('');
  const signIn = useMutation(
    orpc.session.signIn.mutationOptions({
      onSuccess: ({ token, signedIn }) => enter(token, signedIn),
      onError: () => setPassword(''),
    }),
  );
  const problem = signIn.error ? problemOf(signIn.error) : null;
  return (
    <Entrance state={state} title={state.workspace.name} lead="Sign in to Quartermaster">
      <Form label="Sign in" onSubmit={() => signIn.mutate({ mail, password })}>
        {hasEnded && !signIn.error && (
          <Banner tone="warn" glyph="clock" title="The session has ended.">
            Sign in again; this window goes on where it was.
          </Banner>
        )}
        <VaultWarning vault={state.vault} />
        <TextInput
          size="md"
          label="Mail"
          type="email"
          autoComplete="username"
          autoFocus
          value={mail}
          error={problem?.fields.mail}
          onChange={(event) => setMail(event.currentTarget.value)}
        />
        <PasswordField
          size="md"
          label="Password"
          autoComplete="current-password"
          value={password}
          error={
            problem && !problem.fields.mail ? <WithCode message={problem.message} code={problem.code} /> : undefined
          }
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        <Button
          type="submit"
          variant="filled"
          size="md"
          fullWidth
          loading={signIn.isPending}
          disabled={mail === '' || password === ''}
        >
          Sign in
        </Button>
      </Form>
    </Entrance>
  );
}

/** The sentence below a field, said aloud when it comes. */
export function WithCode({ message, code }: { readonly message: string; readonly code: string }) {
  return (
    <span role="alert">
      {message} <code>{code}</code>
    </span>
  );
}

function VaultWarning({ vault }: { readonly vault: SessionState['vault'] }) {
  if (vault.state === 'available' || vault.state === 'none') return null;
  return (
    <Banner tone="warn" glyph="lock" title="The vault is not open.">
      {vault.message}
    </Banner>
  );
}
