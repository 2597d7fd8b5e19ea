import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Connection } from '../../../contract/connections.ts';
import { countText, plural } from '../../../contract/figures.ts';
import { Dialog } from '../../components/Dialog.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { useRemoveConnection } from './connection-changes.ts';

interface RemoveConnectionProps {
  readonly connection: Connection;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** C5: objects in the cloud are not touched; with documents on record their count is typed. */
export function RemoveConnection({ connection, isOpen, onClose }: RemoveConnectionProps) {
  const { documents, label } = connection;
  const [typed, setTyped] = useState('');
  const close = () => {
    setTyped('');
    onClose();
  };
  const remove = useRemoveConnection(label, close);
  const isConfirmed = documents === 0 || typed.replaceAll(/[\s,.]/g, '') === String(documents);
  return (
    <Dialog
      isOpen={isOpen}
      title={`Remove ${label}`}
      stay="Keep the connection"
      onClose={close}
      act={
        <Button
          variant="filled"
          color="red"
          disabled={!isConfirmed}
          loading={remove.isPending}
          onClick={() =>
            remove.mutate({
              connectionId: connection.id,
              expectedVersion: connection.version,
              ...(documents === 0 ? {} : { confirmDocuments: documents }),
            })
          }
        >
          Remove {label}
        </Button>
      }
    >
      <p>
        The credentials are erased here, and revoked where the provider lets one revoke them. Objects in the cloud are
        not touched.
      </p>
      {documents > 0 && (
        <>
          <p>
            {plural(documents, 'document')} of it {documents === 1 ? 'leaves' : 'leave'} the record.
          </p>
          <TextInput
            mt="lg"
            label={
              <>
                Type <strong>{countText(documents)}</strong>
              </>
            }
            inputMode="numeric"
            autoComplete="off"
            value={typed}
            onChange={(event) => setTyped(event.currentTarget.value)}
          />
        </>
      )}
      <ProblemBanner error={remove.error} title="The connection was not removed." />
    </Dialog>
  );
}
