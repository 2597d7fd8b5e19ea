import { Button, Checkbox, Drawer, SegmentedControl, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { User } from '../../../contract/users.ts';
import { Form, FormButtons } from '../../components/Form.tsx';
import { PasswordField } from '../../components/PasswordField.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { problemOf } from '../../components/problem.ts';
import { useAddConnection } from './connection-changes.ts';

interface AddConnectionProps {
  readonly user: User;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function AddConnection({ user, isOpen, onClose }: AddConnectionProps) {
  return (
    // What was typed holds a secret, so it is not kept; a click beside it does not throw it away, though.
    <Drawer opened={isOpen} onClose={onClose} title={`Add a connection for ${user.name}`} closeOnClickOutside={false}>
      <AddConnectionForm user={user} onClose={onClose} />
    </Drawer>
  );
}

function AddConnectionForm({ user, onClose }: Omit<AddConnectionProps, 'isOpen'>) {
  const [provider, setProvider] = useState<'webdav' | 's3'>('webdav');
  const [answers, setAnswers] = useState({
    url: '',
    username: '',
    secret: '',
    bucket: '',
    region: 'us-east-1',
    root: '/',
    label: '',
  });
  const [ownedRoot, setOwnedRoot] = useState(false);
  const add = useAddConnection(onClose);
  const problem = add.error ? problemOf(add.error) : null;
  const errors = problem?.fields ?? {};
  const field = (name: keyof typeof answers) => ({
    value: answers[name],
    error: errors[name],
    onChange: (event: React.ChangeEvent<HTMLInputElement>) => {
      const { value } = event.currentTarget;
      setAnswers((before) => ({ ...before, [name]: value }));
    },
  });
  const { url, username, secret, bucket, region, root, label } = answers;
  const isS3 = provider === 's3';
  const isReady = url !== '' && username !== '' && secret !== '' && root !== '' && (!isS3 || bucket !== '');
  const send = () => {
    const common = { user: user.id, url, username, secret, root, ownedRoot, ...(label === '' ? {} : { label }) };
    add.mutate(
      isS3 ? { ...common, provider: 's3', bucket, region, pathStyle: true } : { ...common, provider: 'webdav' },
    );
  };
  return (
    <Form label="Connection" onSubmit={send}>
      <SegmentedControl
        aria-label="Provider"
        value={provider}
        onChange={(chosen) => setProvider(chosen === 's3' ? 's3' : 'webdav')}
        data={[
          { value: 'webdav', label: 'WebDAV' },
          { value: 's3', label: 'S3' },
        ]}
      />
      <TextInput
        label="Address"
        type="url"
        data-autofocus
        placeholder={isS3 ? 'https://s3.example.org' : 'https://cloud.example.org/dav/'}
        {...field('url')}
      />
      {isS3 && <TextInput label="Bucket" {...field('bucket')} />}
      {isS3 && <TextInput label="Region" {...field('region')} />}
      <TextInput label={isS3 ? 'Access key' : 'User name'} autoComplete="off" {...field('username')} />
      <PasswordField
        label={isS3 ? 'Secret key' : 'Password'}
        autoComplete="off"
        description="Encrypted in the vault. It never leaves the console again."
        {...field('secret')}
      />
      <TextInput label="Root folder" description="Documents lie below it. It starts with a slash." {...field('root')} />
      <Checkbox
        label="The root is the platform’s own folder"
        description="Then everything below it is the platform’s, and a deletion removes it all. Otherwise only recorded documents are touched."
        checked={ownedRoot}
        onChange={(event) => setOwnedRoot(event.currentTarget.checked)}
      />
      <TextInput label="Label" description="Empty: made from the address." {...field('label')} />
      <ProblemBanner error={add.error} title="The connection was not added." />
      <FormButtons>
        <Button type="submit" variant="filled" loading={add.isPending} disabled={!isReady}>
          Add connection
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </FormButtons>
    </Form>
  );
}
