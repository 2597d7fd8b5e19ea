import { Button } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useConsole } from '../../app/page-context.ts';
import { Form, FormButtons } from '../../components/Form.tsx';
import { PasswordField } from '../../components/PasswordField.tsx';
import { problemOf } from '../../components/problem.ts';
import { WithCode } from './SignIn.tsx';

interface PasswordFormProps {
  readonly currentLabel: string;
  readonly size?: 'sm' | 'md';
  readonly onDone?: () => void;
  readonly other?: React.ReactNode;
}

/** One's own password. The other sessions of this administrator end. */
export function PasswordForm({ currentLabel, size = 'sm', onDone, other }: PasswordFormProps) {
  const orpc = useConsole();
  const queries = useQueryClient();
  const [current, setCurrent] = useState('');
  const [next, setNext] = useState('');
  const [again, setAgain] = useState('');
  const change = useMutation(
    orpc.session.changePassword.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries();
        onDone?.();
      },
    }),
  );
  const problem = change.error ? problemOf(change.error) : null;
  const isAboutCurrent = problem?.code === 'WRONG_PASSWORD' || problem?.code === 'TOO_MANY_TRIES';
  const sentence = problem && <WithCode message={problem.fields.next ?? problem.message} code={problem.code} />;
  const isUnlike = again !== '' && again !== next;
  return (
    <Form label="Change the password" onSubmit={() => change.mutate({ current, next })}>
      <PasswordField
        size={size}
        label={currentLabel}
        autoComplete="current-password"
        autoFocus
        data-autofocus
        value={current}
        error={isAboutCurrent && sentence}
        onChange={(event) => setCurrent(event.currentTarget.value)}
      />
      <PasswordField
        size={size}
        label="New password"
        autoComplete="new-password"
        description="At least 10 characters. Length is what counts."
        value={next}
        error={!isAboutCurrent && sentence}
        onChange={(event) => setNext(event.currentTarget.value)}
      />
      <PasswordField
        size={size}
        label="New password again"
        autoComplete="new-password"
        value={again}
        error={isUnlike && 'This is not the same as above.'}
        onChange={(event) => setAgain(event.currentTarget.value)}
      />
      <FormButtons>
        <Button
          type="submit"
          variant="filled"
          size={size}
          loading={change.isPending}
          disabled={current === '' || next === '' || again !== next}
        >
          Change password
        </Button>
        {other}
      </FormButtons>
    </Form>
  );
}
