import { Checkbox, Textarea, TextInput } from '@mantine/core';
import type { Profile } from '../../../contract/storage.ts';
import { PasswordField } from '../../components/PasswordField.tsx';
import type { ProfileDraft } from './profile-draft.ts';
import classes from './Storage.module.css';

interface ProfileFieldsProps {
  readonly draft: ProfileDraft;
  readonly onChange: (change: Partial<ProfileDraft>) => void;
  /** Sentences by field. */
  readonly errors: Readonly<Record<string, string>>;
  /** The store that is being changed: its name, bucket and layout are fixed, and its secret is not known here. */
  readonly profile?: Profile;
  /** The platform's own store as it is. */
  readonly own: Profile | null;
}

type TextName = Exclude<keyof ProfileDraft, 'isVirtualHost' | 'own'>;

/** The fields of an S3 server, new or changed. */
export function ProfileFields({ draft, onChange, errors, profile, own }: ProfileFieldsProps) {
  const field = (name: TextName) => ({
    value: draft[name],
    error: errors[name],
    autoComplete: 'off',
    spellCheck: false,
    onChange: (event: React.ChangeEvent<HTMLInputElement | HTMLTextAreaElement>) =>
      onChange({ [name]: event.currentTarget.value }),
  });
  const isBucketEach = draft.layout.trim().startsWith('bucket:');
  return (
    <>
      {!profile && (
        <TextInput
          label="Name"
          data-autofocus
          placeholder="main"
          description="What people call it."
          {...field('name')}
        />
      )}
      <TextInput
        label="Address"
        type="url"
        placeholder="https://minio.example.org:9000"
        {...field('endpoint')}
        {...(profile ? { 'data-autofocus': true } : {})}
      />
      {!profile && (
        <>
          <TextInput
            label={isBucketEach ? 'What the buckets’ names begin with' : 'Bucket'}
            placeholder={isBucketEach ? 'docs-' : 'docs'}
            {...field('bucket')}
          />
          <TextInput
            label="Layout"
            description="Where a user’s objects lie: users/{userId}/, {externalId}/ or the like; bucket:{externalId} for a bucket each. It is fixed from now on."
            {...field('layout')}
          />
        </>
      )}
      <div className={classes.two}>
        <TextInput label="Access key" {...field('accessKey')} />
        <TextInput label="Region" {...field('region')} />
      </div>
      <PasswordField
        label="Secret key"
        description={
          profile ? 'Empty: the one that is there stays.' : 'Encrypted in the vault. It never leaves the console again.'
        }
        {...field('secretKey')}
      />
      <TextInput
        label="Public address"
        type="url"
        placeholder="https://files.example.org"
        description="Where users reach it; links are signed for it. Empty: the same."
        {...field('publicEndpoint')}
      />
      <Textarea
        label="Certificate authority"
        description={
          profile?.hasOwnAuthority
            ? 'PEM of the server’s own one, in place of the one that is there. Empty: that stays.'
            : 'PEM of the server’s own one. Empty: those of this machine.'
        }
        autosize
        minRows={2}
        maxRows={6}
        placeholder="-----BEGIN CERTIFICATE-----"
        {...field('authorityPem')}
      />
      <Checkbox
        label="The bucket stands in the host name"
        description="Otherwise in the path, as MinIO has it."
        checked={draft.isVirtualHost}
        onChange={(event) => onChange({ isVirtualHost: event.currentTarget.checked })}
      />
      {!profile?.own && <OwnBox draft={draft} onChange={onChange} own={own} />}
    </>
  );
}

/** The one store that is the platform's own: deletions come to it last, and usage is counted from it. */
export function OwnBox({ draft, onChange, own }: Pick<ProfileFieldsProps, 'draft' | 'onChange' | 'own'>) {
  const holds = own !== null && own.documents > 0;
  return (
    <Checkbox
      label="This is the platform’s own store"
      description={
        holds
          ? `${own.name} is it, and holds documents. Another can take its place when it holds none.`
          : own
            ? `Takes the place of ${own.name}. There is always exactly one.`
            : 'There is always exactly one.'
      }
      disabled={holds}
      checked={draft.own}
      onChange={(event) => onChange({ own: event.currentTarget.checked })}
    />
  );
}
