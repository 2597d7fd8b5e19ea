import { Button } from '@mantine/core';
import { plural } from '../../../contract/figures.ts';
import type { Profile } from '../../../contract/storage.ts';
import { Dialog } from '../../components/Dialog.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { useRemoveProfile } from './storage-changes.ts';

interface RemoveStorageProps {
  readonly profile: Profile;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Only a store that holds nothing of the record goes; its objects are not touched. */
export function RemoveStorage({ profile, isOpen, onClose }: RemoveStorageProps) {
  const { name, own, documents, version } = profile;
  const remove = useRemoveProfile(profile);
  const hindrance = own
    ? 'It is the platform’s own store. Make another one that first.'
    : documents > 0
      ? `${plural(documents, 'document')} of it ${documents === 1 ? 'is' : 'are'} on record. It can go when there are none.`
      : null;
  return (
    <Dialog
      isOpen={isOpen}
      title={`Remove ${name}`}
      stay={`Keep ${name}`}
      onClose={onClose}
      act={
        <Button
          variant="filled"
          color="red"
          disabled={hindrance !== null}
          loading={remove.isPending}
          onClick={() => remove.mutate({ profile: name, expectedVersion: version })}
        >
          Remove {name}
        </Button>
      }
    >
      <p>The console forgets the store and erases its credentials. What lies there is not touched.</p>
      {hindrance !== null && <p>{hindrance}</p>}
      <ProblemBanner error={remove.error} title={`${name} was not removed.`} />
    </Dialog>
  );
}
