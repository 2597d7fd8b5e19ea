import { Button } from '@mantine/core';
import { useState } from 'react';
import type { User } from '../../../contract/users.ts';
import { useCanChange } from '../../app/session-state.ts';
import { CopyButton } from '../../components/CopyButton.tsx';
import { ShortId } from '../../components/Ids.tsx';
import { Properties, Property, Section } from '../../components/Section.tsx';
import { TimeText } from '../../components/TimeText.tsx';
import { dateText, exactText } from '../../components/time.ts';
import { UserStatusWord } from '../users/UserStatusWord.tsx';
import { AssignModel } from './AssignModel.tsx';
import { EditUser } from './EditUser.tsx';

export function ProfileSection({ user }: { readonly user: User }) {
  const canChange = useCanChange() && user.status !== 'deleting';
  const [isEditing, setEditing] = useState(false);
  const [isAssigning, setAssigning] = useState(false);
  return (
    <Section
      title="Profile"
      actions={
        <Button size="xs" variant="subtle" disabled={!canChange} onClick={() => setEditing(true)}>
          Edit
        </Button>
      }
    >
      <Properties>
        <Property label="Status">
          <UserStatusWord user={user} />
        </Property>
        <Property label="Mail">
          {user.mail} <CopyButton text={user.mail} what="the mail address" />
        </Property>
        <Property label="Role">{user.role === 'owner' ? 'Administrator' : 'User'}</Property>
        <Property label="External id">
          {user.externalId === null ? 'none' : <ShortId id={user.externalId} what="the external id" />}
        </Property>
        <Property
          label="AI model"
          action={
            <Button size="xs" variant="subtle" disabled={!canChange} onClick={() => setAssigning(true)}>
              {user.ai ? 'Change' : 'Assign'}
            </Button>
          }
        >
          {user.ai ? `${user.ai.provider}, ${user.ai.model}` : 'none'}
        </Property>
        <Property label="Created">
          <time dateTime={user.createdAt} title={exactText(user.createdAt)}>
            {dateText(user.createdAt)}
          </time>
        </Property>
        <Property label="Last sign-in">
          {user.role === 'owner' ? <TimeText time={user.lastSignInAt} none="never" /> : '—'}
        </Property>
        <Property label="Id">
          <ShortId id={user.id} />
        </Property>
      </Properties>
      <EditUser user={user} isOpen={isEditing} onClose={() => setEditing(false)} />
      <AssignModel user={user} isOpen={isAssigning} onClose={() => setAssigning(false)} />
    </Section>
  );
}
