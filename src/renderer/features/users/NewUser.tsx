import { ActionIcon, Button, Drawer, NativeSelect, TextInput } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useConsole } from '../../app/page-context.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Form, FormButtons } from '../../components/Form.tsx';
import { ICON } from '../../components/icon.ts';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { type Problem, problemOf } from '../../components/problem.ts';
import { SizeField } from '../../components/SizeField.tsx';
import { useToast } from '../../components/Toasts.tsx';
import { parseSize } from '../../components/typed-size.ts';
import { secureRandomBytes, suggestPassword } from './first-password.ts';
import classes from './NewUser.module.css';

interface NewUserProps {
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

/** Closing it keeps what was typed; only Cancel, or a user that was created, begins anew. */
export function NewUser({ isOpen, onClose }: NewUserProps) {
  const [draft, setDraft] = useState(0);
  const discard = () => {
    setDraft((before) => before + 1);
    onClose();
  };
  return (
    <Drawer opened={isOpen} onClose={onClose} title="New user" keepMounted>
      <NewUserForm key={draft} onClose={discard} />
    </Drawer>
  );
}

const FIELD_CODES: Readonly<Record<string, string>> = { MAIL_TAKEN: 'mail', EXTERNAL_ID_TAKEN: 'externalId' };

/** A refusal that is about one field stands below it; everything else above the buttons. */
function fieldErrors(problem: Problem | null): Record<string, string> {
  if (!problem) return {};
  const field = FIELD_CODES[problem.code];
  return field ? { [field]: `${problem.message} ${problem.code}` } : { ...problem.fields };
}

function useCreateUser(onDone: () => void) {
  const orpc = useConsole();
  const queries = useQueryClient();
  const toast = useToast();
  return useMutation(
    orpc.users.create.mutationOptions({
      onSuccess: async ({ user }) => {
        toast({
          title: `${user.name} was created`,
          text: 'The first password has to be changed at the first sign-in.',
        });
        onDone();
        await queries.invalidateQueries({ queryKey: orpc.users.key() });
      },
    }),
  );
}

function NewUserForm({ onClose }: { readonly onClose: () => void }) {
  const [name, setName] = useState('');
  const [mail, setMail] = useState('');
  const [role, setRole] = useState<'user' | 'owner'>('user');
  const [externalId, setExternalId] = useState('');
  const [limit, setLimit] = useState('');
  const [firstPassword, setFirstPassword] = useState(() => suggestPassword(secureRandomBytes));
  const create = useCreateUser(onClose);
  const problem = create.error ? problemOf(create.error) : null;
  const errors = fieldErrors(problem);
  const size = limit.trim() === '' ? ({ ok: true, bytes: null } as const) : parseSize(limit);
  const send = () => {
    if (!size.ok) return;
    create.mutate({
      name,
      mail,
      role,
      firstPassword,
      limitBytes: size.bytes,
      ...(externalId === '' ? {} : { externalId }),
    });
  };
  return (
    <Form label="New user" onSubmit={send}>
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
        autoComplete="off"
        value={mail}
        error={errors.mail}
        onChange={(event) => setMail(event.currentTarget.value)}
      />
      <NativeSelect
        label="Role"
        value={role}
        description={
          role === 'owner'
            ? 'May sign in to this console and do everything.'
            : 'Uses the platform; cannot sign in here.'
        }
        onChange={(event) => setRole(event.currentTarget.value === 'owner' ? 'owner' : 'user')}
        data={[
          { value: 'user', label: 'User' },
          { value: 'owner', label: 'Administrator' },
        ]}
      />
      <TextInput
        label="External id"
        description="The name that other systems know the user by. Fixed once documents exist. Empty: none."
        autoComplete="off"
        value={externalId}
        error={errors.externalId}
        onChange={(event) => setExternalId(event.currentTarget.value)}
      />
      <SizeField
        label="Quota"
        value={limit}
        onChange={setLimit}
        help="Such as 20 GiB. Empty: no limit."
        error={errors.limitBytes}
      />
      <TextInput
        label="First password"
        description="To be handed over, and changed at the first sign-in."
        autoComplete="off"
        spellCheck={false}
        classNames={{ input: classes.password ?? '' }}
        value={firstPassword}
        error={errors.firstPassword}
        onChange={(event) => setFirstPassword(event.currentTarget.value)}
        rightSectionWidth={60}
        rightSection={
          <span className={classes.tools}>
            <ActionIcon
              size="xs"
              aria-label="Suggest another password"
              onClick={() => setFirstPassword(suggestPassword(secureRandomBytes))}
            >
              <IconRefresh {...ICON.small} />
            </ActionIcon>
            <CopyButton text={firstPassword} what="the first password" />
          </span>
        }
      />
      {problem && Object.keys(errors).length === 0 && (
        <ProblemBanner error={create.error} title="The user was not created." />
      )}
      <FormButtons>
        <Button
          type="submit"
          variant="filled"
          loading={create.isPending}
          disabled={name.trim() === '' || mail.trim() === '' || !size.ok}
        >
          Create user
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </FormButtons>
    </Form>
  );
}
