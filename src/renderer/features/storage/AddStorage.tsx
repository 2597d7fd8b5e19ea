import { Button, Drawer } from '@mantine/core';
import { useState } from 'react';
import type { Profile } from '../../../contract/storage.ts';
import { Form, FormButtons } from '../../components/Form.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { fieldErrors, problemOf } from '../../components/problem.ts';
import { ProfileFields } from './ProfileFields.tsx';
import { newDraft, toNewProfile } from './profile-draft.ts';
import { useAddProfile } from './storage-changes.ts';

interface AddStorageProps {
  readonly own: Profile | null;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function AddStorage({ own, isOpen, onClose }: AddStorageProps) {
  return (
    // What was typed holds a secret, so it is not kept; a click beside it does not throw it away, though.
    <Drawer opened={isOpen} onClose={onClose} title="Add a MinIO or S3 server" closeOnClickOutside={false}>
      <AddStorageForm own={own} onClose={onClose} />
    </Drawer>
  );
}

const FIELD_OF_CODE = { NAME_TAKEN: 'name' } as const;

function AddStorageForm({ own, onClose }: Omit<AddStorageProps, 'isOpen'>) {
  const [draft, setDraft] = useState(newDraft);
  const add = useAddProfile(onClose);
  const errors = add.error ? fieldErrors(problemOf(add.error), FIELD_OF_CODE) : {};
  const { name, endpoint, bucket, layout, region, accessKey, secretKey } = draft;
  const isReady = [name, endpoint, bucket, layout, region, accessKey, secretKey].every((text) => text !== '');
  return (
    <Form label="Storage" onSubmit={() => isReady && add.mutate(toNewProfile(draft))}>
      <ProfileFields
        draft={draft}
        onChange={(change) => setDraft((before) => ({ ...before, ...change }))}
        errors={errors}
        own={own}
      />
      <ProblemBanner error={add.error} title="The store was not added." />
      <FormButtons>
        <Button type="submit" variant="filled" loading={add.isPending} disabled={!isReady}>
          Add storage
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </FormButtons>
    </Form>
  );
}
