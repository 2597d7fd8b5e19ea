import { Button, Checkbox, Drawer } from '@mantine/core';
import { useState } from 'react';
import type { Profile } from '../../../contract/storage.ts';
import { Form, FormButtons } from '../../components/Form.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { codeOf, fieldErrors, problemOf } from '../../components/problem.ts';
import { OwnBox, ProfileFields } from './ProfileFields.tsx';
import { changesOf, draftOf } from './profile-draft.ts';
import { useUpdateProfile } from './storage-changes.ts';

interface EditStorageProps {
  readonly profile: Profile;
  readonly own: Profile | null;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function EditStorage({ profile, own, isOpen, onClose }: EditStorageProps) {
  return (
    <Drawer opened={isOpen} onClose={onClose} title={`Edit ${profile.name}`} closeOnClickOutside={false}>
      <EditStorageForm present={profile} own={own} onClose={onClose} />
    </Drawer>
  );
}

interface EditStorageFormProps {
  readonly present: Profile;
  readonly own: Profile | null;
  readonly onClose: () => void;
}

function EditStorageForm({ present, own, onClose }: EditStorageFormProps) {
  // What it was begun from: a change of somebody else's meanwhile is refused then, and what was typed stays.
  const [profile] = useState(present);
  const [draft, setDraft] = useState(() => draftOf(profile));
  const [dropsAuthority, setDropsAuthority] = useState(false);
  const update = useUpdateProfile(onClose);
  const errors = update.error ? fieldErrors(problemOf(update.error)) : {};
  const changes = changesOf(profile, draft, dropsAuthority);
  const isUnchanged = Object.keys(changes).length === 0;
  const change = (changed: Partial<typeof draft>) => setDraft((before) => ({ ...before, ...changed }));
  return (
    <Form
      label={`Edit ${profile.name}`}
      onSubmit={() =>
        !isUnchanged && update.mutate({ profile: profile.name, expectedVersion: profile.version, ...changes })
      }
    >
      {profile.kind === 's3' ? (
        <>
          <ProfileFields draft={draft} onChange={change} errors={errors} profile={profile} own={own} />
          {profile.hasOwnAuthority && (
            <Checkbox
              label="Forget its own certificate authority"
              description="Then those of this machine count."
              checked={dropsAuthority}
              disabled={draft.authorityPem !== ''}
              onChange={(event) => setDropsAuthority(event.currentTarget.checked)}
            />
          )}
        </>
      ) : (
        <OwnBox draft={draft} onChange={change} own={own} />
      )}
      <ProblemBanner
        error={update.error}
        title={
          codeOf(update.error) === 'CHANGED_MEANWHILE'
            ? 'Somebody else changed this store meanwhile.'
            : 'Nothing was changed.'
        }
      />
      <FormButtons>
        <Button type="submit" variant="filled" loading={update.isPending} disabled={isUnchanged}>
          Save changes
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </FormButtons>
    </Form>
  );
}
