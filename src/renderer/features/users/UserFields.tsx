import { NativeSelect, TextInput } from '@mantine/core';
import type { User } from '../../../contract/users.ts';

/** What a user is made of, new or changed. */
export interface UserDraft {
  readonly name: string;
  readonly mail: string;
  readonly role: User['role'];
  /** Empty: none. */
  readonly externalId: string;
}

/** Refusals that are about one field: they stand below it. */
export const USER_FIELD_OF_CODE = {
  MAIL_TAKEN: 'mail',
  EXTERNAL_ID_TAKEN: 'externalId',
  EXTERNAL_ID_FIXED: 'externalId',
  SOLE_ADMIN: 'role',
} as const;

interface UserFieldsProps {
  readonly draft: UserDraft;
  readonly onChange: (change: Partial<UserDraft>) => void;
  readonly errors: Readonly<Record<string, string>>;
}

export function UserFields({ draft, onChange, errors }: UserFieldsProps) {
  return (
    <>
      <TextInput
        label="Name"
        data-autofocus
        value={draft.name}
        error={errors.name}
        onChange={(event) => onChange({ name: event.currentTarget.value })}
      />
      <TextInput
        label="Mail"
        type="email"
        autoComplete="off"
        value={draft.mail}
        error={errors.mail}
        onChange={(event) => onChange({ mail: event.currentTarget.value })}
      />
      <NativeSelect
        label="Role"
        value={draft.role}
        error={errors.role}
        description={
          draft.role === 'owner'
            ? 'May sign in to this console and do everything.'
            : 'Uses the platform; cannot sign in here.'
        }
        onChange={(event) => onChange({ role: event.currentTarget.value === 'owner' ? 'owner' : 'user' })}
        data={[
          { value: 'user', label: 'User' },
          { value: 'owner', label: 'Administrator' },
        ]}
      />
      <TextInput
        label="External id"
        description="The name that other systems know the user by. A part of object keys, so it is fixed once documents exist. Empty: none."
        autoComplete="off"
        value={draft.externalId}
        error={errors.externalId}
        onChange={(event) => onChange({ externalId: event.currentTarget.value })}
      />
    </>
  );
}
