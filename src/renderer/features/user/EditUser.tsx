import { Button, Drawer } from '@mantine/core';
import { useState } from 'react';
import type { User } from '../../../contract/users.ts';
import { Form, FormButtons } from '../../components/Form.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { codeOf, fieldErrors, problemOf } from '../../components/problem.ts';
import { USER_FIELD_OF_CODE, type UserDraft, UserFields } from '../users/UserFields.tsx';
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

function EditUserForm({ user, onClose }: Omit<EditUserProps, 'isOpen'>) {
  const [draft, setDraft] = useState<UserDraft>({
    name: user.name,
    mail: user.mail,
    role: user.role,
    externalId: user.externalId ?? '',
  });
  const update = useUpdateUser();
  const problem = update.error ? problemOf(update.error) : null;
  const errors = fieldErrors(problem, USER_FIELD_OF_CODE);
  const { name, mail, role, externalId } = draft;
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
      <UserFields
        draft={draft}
        onChange={(changed) => setDraft((before) => ({ ...before, ...changed }))}
        errors={errors}
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
