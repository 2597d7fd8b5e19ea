import { ActionIcon, Button, Drawer, TextInput } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { useConsole } from '../../app/page-context.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Form, FormButtons } from '../../components/Form.tsx';
import { ICON } from '../../components/icon.ts';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { fieldErrors, problemOf } from '../../components/problem.ts';
import { SizeField } from '../../components/SizeField.tsx';
import { useToast } from '../../components/Toasts.tsx';
import { parseSize } from '../../components/typed-size.ts';
import { secureRandomBytes, suggestPassword } from './first-password.ts';
import classes from './NewUser.module.css';
import { USER_FIELD_OF_CODE, type UserDraft, UserFields } from './UserFields.tsx';

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
  const [user, setUser] = useState<UserDraft>({ name: '', mail: '', role: 'user', externalId: '' });
  const [limit, setLimit] = useState('');
  const [firstPassword, setFirstPassword] = useState(() => suggestPassword(secureRandomBytes));
  const create = useCreateUser(onClose);
  const problem = create.error ? problemOf(create.error) : null;
  const errors = fieldErrors(problem, USER_FIELD_OF_CODE);
  const size = limit.trim() === '' ? ({ ok: true, bytes: null } as const) : parseSize(limit);
  const send = () => {
    if (!size.ok) return;
    const { name, mail, role, externalId } = user;
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
      <UserFields draft={user} onChange={(change) => setUser((before) => ({ ...before, ...change }))} errors={errors} />
      <SizeField
        label="Quota"
        value={limit}
        onChange={setLimit}
        placeholder="no limit"
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
          disabled={user.name.trim() === '' || user.mail.trim() === '' || !size.ok}
        >
          Create user
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </FormButtons>
    </Form>
  );
}
