import { Button, Modal } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useConsole } from '../../app/page-context.ts';
import type { SessionState } from '../../app/session-state.ts';
import { Form, FormButtons } from '../../components/Form.tsx';
import { PasswordField } from '../../components/PasswordField.tsx';
import { problemOf } from '../../components/problem.ts';
import { Entrance } from './Entrance.tsx';
import { WithCode } from './SignIn.tsx';

/** Opens the vault by its passphrase; what waits for it goes on by itself. */
export function useUnlockVault(onDone?: () => void) {
  const orpc = useConsole();
  const queries = useQueryClient();
  return useMutation(
    orpc.vault.unlock.mutationOptions({
      onSuccess: async () => {
        await queries.invalidateQueries();
        onDone?.();
      },
    }),
  );
}

interface UnlockVaultProps {
  readonly state: SessionState;
  readonly onSkip: () => void;
}

export function UnlockVault({ state, onSkip }: UnlockVaultProps) {
  return (
    <Entrance
      state={state}
      title="Unlock the vault"
      lead={`${state.workspace.name} keeps its credentials under a passphrase, asked for at every start.`}
    >
      <UnlockForm
        size="md"
        other={
          <Button size="md" variant="subtle" onClick={onSkip}>
            Only look at things
          </Button>
        }
      />
    </Entrance>
  );
}

interface UnlockFormProps {
  readonly size?: 'sm' | 'md';
  readonly onDone?: () => void;
  readonly other?: React.ReactNode;
}

export function UnlockForm({ size = 'sm', onDone, other }: UnlockFormProps) {
  const [passphrase, setPassphrase] = useState('');
  const unlock = useUnlockVault(onDone);
  const problem = unlock.error ? problemOf(unlock.error) : null;
  return (
    <Form label="Unlock the vault" onSubmit={() => unlock.mutate({ passphrase })}>
      <PasswordField
        size={size}
        label="Passphrase"
        autoComplete="off"
        autoFocus
        data-autofocus
        value={passphrase}
        error={problem && <WithCode message={problem.message} code={problem.code} />}
        description="Until it is open nothing can be changed, and deletions wait."
        onChange={(event) => setPassphrase(event.currentTarget.value)}
      />
      <FormButtons>
        <Button type="submit" variant="filled" size={size} loading={unlock.isPending} disabled={passphrase === ''}>
          Unlock vault
        </Button>
        {other}
      </FormButtons>
    </Form>
  );
}

/** The same over a screen, for who is signed in already. */
export function UnlockDialog({ isOpen, onClose }: { readonly isOpen: boolean; readonly onClose: () => void }) {
  return (
    <Modal opened={isOpen} onClose={onClose} title="Unlock the vault">
      <UnlockForm onDone={onClose} other={<Button onClick={onClose}>Leave it locked</Button>} />
    </Modal>
  );
}
