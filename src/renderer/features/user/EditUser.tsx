import { Button, Drawer, NativeSelect, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { User } from '../../../contract/users.ts';
import { Form, FormButtons } from '../../components/Form.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { codeOf, problemOf } from '../../components/problem.ts';
import { useUpdateUser } from './user-changes.ts';

interface EditUserProps {
  readonly user: User;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Closing it keeps what was typed; Cancel, or another version of the user, begins anew. */
export function EditUser({ user, isOpen, onClose }: EditUserProps) {
  const [draft, setDraft] = useState(0);
  const discard = () => {
    setDraft((before) => before + 1);
    onClose();
  };
  return (
    <Drawer opened={isOpen} onClose={onClose} title={`Edit ${user.name}`} keepMounted>
      <EditUserForm key={`${user.version} ${draft}`} user={user} onClose={discard} />
    </Drawer>
  );
}

const FIELD_OF_CODE: Readonly<Record<string, string>> = {
  MAIL_TAKEN: 'mail',
  EXTERNAL_ID_TAKEN: 'externalId',
  EXTERNAL_ID_FIXED: 'externalId',
  SOLE_ADMIN: 'role',
};

function EditUserForm({ user, onClose }: Omit<EditUserProps, 'isOpen'>) {
  const [name, setName] = useState(user.name);
  const [mail, setMail] = useState(user.mail);
  const [role, setRole] = useState(user.role);
  const [externalId, setExternalId] = useState(user.externalId ?? '');
  const update = useUpdateUser();
  const problem = update.error ? problemOf(update.error) : null;
  const field = problem ? FIELD_OF_CODE[problem.code] : undefined;
  const errors: Record<string, string> =
    problem && field ? { [field]: `${problem.message} ${problem.code}` } : { ...problem?.fields };
  const change = {
    ...(name === user.name ? {} : { name }),
    ...(mail === user.mail ? {} : { mail }),
    ...(role === user.role ? {} : { role }),
    ...(externalId === (user.externalId ?? '') ? {} : { externalId }),
  };
  const isUnchanged = Object.keys(change).length === 0;
  return (
    <Form
      label={`Edit ${user.name}`}
      onSubmit={() =>
        update.mutate({ user: user.id, expectedVersion: user.version, ...change }, { onSuccess: onClose })
      }
    >
      <TextInput
        label="Name"
        data-autofocus
        value={name}
        error={errors.name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <TextInput
        label="Mail"
        type="email"
        value={mail}
        error={errors.mail}
        onChange={(event) => setMail(event.currentTarget.value)}
      />
      <NativeSelect
        label="Role"
        value={role}
        error={errors.role}
        onChange={(event) => setRole(event.currentTarget.value === 'owner' ? 'owner' : 'user')}
        data={[
          { value: 'user', label: 'User' },
          { value: 'owner', label: 'Administrator' },
        ]}
      />
      <TextInput
        label="External id"
        description="Becomes a part of object keys, so it is fixed once documents exist."
        value={externalId}
        error={errors.externalId}
        onChange={(event) => setExternalId(event.currentTarget.value)}
      />
      {problem && Object.keys(errors).length === 0 && (
        <ProblemBanner
          error={update.error}
          title={
            codeOf(update.error) === 'CHANGED_MEANWHILE'
              ? 'Somebody else changed this user meanwhile.'
              : 'Nothing was changed.'
          }
        />
      )}
      <FormButtons>
        <Button type="submit" variant="filled" loading={update.isPending} disabled={isUnchanged}>
          Save changes
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </FormButtons>
    </Form>
  );
}
