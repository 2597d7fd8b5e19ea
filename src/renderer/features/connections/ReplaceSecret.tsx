import { Button, Modal, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Connection } from '../../../contract/connections.ts';
import { Form, FormButtons } from '../../components/Form.tsx';
import { PasswordField } from '../../components/PasswordField.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { useUpdateConnection } from './connection-changes.ts';

interface ReplaceSecretProps {
  readonly connection: Connection;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function ReplaceSecret({ connection, isOpen, onClose }: ReplaceSecretProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={`Re-authorise ${connection.label}`}>
      <ReplaceSecretForm connection={connection} onClose={onClose} />
    </Modal>
  );
}

function ReplaceSecretForm({ connection, onClose }: Omit<ReplaceSecretProps, 'isOpen'>) {
  const [username, setUsername] = useState('');
  const [secret, setSecret] = useState('');
  const update = useUpdateConnection(onClose);
  const isS3 = connection.provider === 's3';
  return (
    <Form
      label="New credentials"
      onSubmit={() =>
        update.mutate({
          connectionId: connection.id,
          expectedVersion: connection.version,
          secret,
          ...(username === '' ? {} : { username }),
        })
      }
    >
      <TextInput
        label={isS3 ? 'Access key' : 'User name'}
        description={`Now ${connection.account}. Empty: the same.`}
        autoComplete="off"
        value={username}
        onChange={(event) => setUsername(event.currentTarget.value)}
      />
      <PasswordField
        label={isS3 ? 'Secret key' : 'Password'}
        data-autofocus
        autoComplete="off"
        value={secret}
        onChange={(event) => setSecret(event.currentTarget.value)}
      />
      <ProblemBanner error={update.error} title="The credentials were not replaced." />
      <FormButtons>
        <Button type="submit" variant="filled" loading={update.isPending} disabled={secret === ''}>
          Replace credentials
        </Button>
        <Button onClick={onClose}>Keep the old ones</Button>
      </FormButtons>
    </Form>
  );
}
