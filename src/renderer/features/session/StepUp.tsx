import { Button, Modal } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { createContext, useCallback, useContext, useMemo, useState } from 'react';
import { useConsole } from '../../app/page-context.ts';
import { Form, FormButtons } from '../../components/Form.tsx';
import { PasswordField } from '../../components/PasswordField.tsx';
import { codeOf, Declined, problemOf } from '../../components/problem.ts';
import { WithCode } from './SignIn.tsx';

type WithStepUp = <T>(act: () => Promise<T>) => Promise<T>;

const StepUpContext = createContext<WithStepUp>((act) => act());

/** Runs an act, and once more after the password was asked for if the console wants it. Rejects with `Declined` if nobody types it. */
export function useStepUp(): WithStepUp {
  return useContext(StepUpContext);
}

interface Asked {
  readonly resolve: () => void;
  readonly reject: (reason: Declined) => void;
}

export function StepUpProvider({ children }: { readonly children: React.ReactNode }) {
  const [asked, setAsked] = useState<Asked | null>(null);
  const ask = useCallback(
    () =>
      new Promise<void>((resolve, reject) => {
        setAsked({ resolve, reject });
      }),
    [],
  );
  const withStepUp = useCallback<WithStepUp>(
    async (act) => {
      try {
        return await act();
      } catch (error) {
        if (codeOf(error) !== 'STEP_UP_REQUIRED') throw error;
        await ask();
        return act();
      }
    },
    [ask],
  );
  const close = (how: 'resolve' | 'reject') => {
    if (how === 'resolve') asked?.resolve();
    else asked?.reject(new Declined());
    setAsked(null);
  };
  return (
    <StepUpContext value={useMemo(() => withStepUp, [withStepUp])}>
      {children}
      <Modal opened={asked !== null} onClose={() => close('reject')} title="Your password, once more">
        <StepUpForm onDone={() => close('resolve')} onCancel={() => close('reject')} />
      </Modal>
    </StepUpContext>
  );
}

function StepUpForm({ onDone, onCancel }: { readonly onDone: () => void; readonly onCancel: () => void }) {
  const [password, setPassword] = useState('');
  const stepUp = useStepUpCall(onDone);
  const problem = stepUp.error ? problemOf(stepUp.error) : null;
  return (
    <Form label="Confirm that it is you" onSubmit={() => stepUp.mutate({ password })}>
      <PasswordField
        label="Your password"
        autoComplete="current-password"
        data-autofocus
        description="Asked before what cannot be undone. It holds for five minutes."
        value={password}
        error={problem && <WithCode message={problem.message} code={problem.code} />}
        onChange={(event) => setPassword(event.currentTarget.value)}
      />
      <FormButtons>
        <Button onClick={onCancel}>Leave everything as it is</Button>
        <Button type="submit" variant="filled" loading={stepUp.isPending} disabled={password === ''}>
          Go on
        </Button>
      </FormButtons>
    </Form>
  );
}

export function useStepUpCall(onDone?: () => void) {
  const orpc = useConsole();
  const queries = useQueryClient();
  return useMutation(
    orpc.session.stepUp.mutationOptions({
      onSuccess: async () => {
        onDone?.();
        await queries.invalidateQueries({ queryKey: orpc.session.state.key() });
      },
    }),
  );
}
