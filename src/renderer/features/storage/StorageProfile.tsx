import { Button } from '@mantine/core';
import { IconDatabaseOff } from '@tabler/icons-react';
import { useState } from 'react';
import { countText, sizeText } from '../../../contract/figures.ts';
import type { Profile } from '../../../contract/storage.ts';
import { href } from '../../app/router.ts';
import { useCanChange } from '../../app/session-state.ts';
import { EmptyState } from '../../components/EmptyState.tsx';
import { FailedState } from '../../components/FailedState.tsx';
import { ShortId } from '../../components/Ids.tsx';
import { ICON } from '../../components/icon.ts';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { PageBody, PageHead } from '../../components/PageHead.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { Columns, Properties, Property, Section } from '../../components/Section.tsx';
import { Doctor } from './Doctor.tsx';
import { EditStorage } from './EditStorage.tsx';
import { IndexRuns } from './IndexRuns.tsx';
import { IndexSection } from './IndexSection.tsx';
import { newestRunOf, profileNamed } from './places.ts';
import { RemoveStorage } from './RemoveStorage.tsx';
import { useStartIndex } from './storage-changes.ts';
import { useIndexRuns, useProfiles } from './storage-queries.ts';

const parent = { title: 'Storage', href: href(['storage']) };

/** One store: what is on record of it, how that came about, and whether it is well. */
export function StorageProfile({ name }: { readonly name: string }) {
  const { data, error, refetch } = useProfiles();
  const profile = data && profileNamed(data.rows, name);
  if (profile) return <ProfileScreen profile={profile} own={data.rows.find(({ own }) => own) ?? null} />;
  return (
    <>
      <PageHead isReading title={name} parent={parent} />
      {!data && !error && (
        <PageBody isReading>
          <LoadingRows count={10} label="Loading the store" />
        </PageBody>
      )}
      {data && (
        <EmptyState
          icon={<IconDatabaseOff {...ICON.large} />}
          title="There is no such store"
          isAlert
          actions={
            <Button component="a" href={href(['storage'])}>
              Show all stores
            </Button>
          }
        >
          It may have been removed. What lies there was not touched by that.
        </EmptyState>
      )}
      {!data && error && (
        <FailedState error={error} title="The store could not be read" onRetry={() => void refetch()} />
      )}
    </>
  );
}

interface ProfileScreenProps {
  readonly profile: Profile;
  readonly own: Profile | null;
}

function ProfileScreen({ profile, own }: ProfileScreenProps) {
  const canChange = useCanChange();
  const runs = useIndexRuns();
  const index = useStartIndex();
  const [asked, setAsked] = useState<'edit' | 'remove' | null>(null);
  const close = () => setAsked(null);
  const newest = newestRunOf(runs.data?.rows, 'profile', profile.id);
  const ofThis = runs.data && {
    rows: runs.data.rows.filter(({ place }) => place?.kind === 'profile' && place.id === profile.id),
  };
  const canBeEdited = profile.kind === 's3' || !profile.own;
  return (
    <>
      <PageHead
        isReading
        title={profile.name}
        parent={parent}
        meta={profile.own ? 'the platform’s own store' : undefined}
        actions={
          <>
            {canBeEdited && (
              <Button disabled={!canChange} onClick={() => setAsked('edit')}>
                Edit…
              </Button>
            )}
            <Button variant="outline" color="red" disabled={!canChange} onClick={() => setAsked('remove')}>
              Remove…
            </Button>
            <Button
              variant="filled"
              disabled={!canChange || newest?.state === 'running'}
              loading={index.isPending}
              onClick={() => index.mutate({ profile: profile.name })}
            >
              Index now
            </Button>
          </>
        }
      />
      <PageBody isReading>
        <ProblemBanner error={index.error} title="The index was not begun." />
        <Columns
          main={
            <>
              <IndexSection profile={profile} run={newest} error={runs.error} isLoading={!runs.data && !runs.error} />
              <Doctor profile={profile} />
              <Section title="Index runs" meta={ofThis?.rows.length === 0 ? 'none yet' : 'newest first'}>
                <IndexRuns runs={{ data: ofThis, error: runs.error }} />
              </Section>
            </>
          }
          side={<Facts profile={profile} />}
        />
      </PageBody>
      <EditStorage profile={profile} own={own} isOpen={asked === 'edit'} onClose={close} />
      <RemoveStorage profile={profile} isOpen={asked === 'remove'} onClose={close} />
    </>
  );
}

function Facts({ profile }: { readonly profile: Profile }) {
  const { kind, endpoint, publicEndpoint, region, pathStyle, hasOwnAuthority, bucket, layout, accessKey } = profile;
  return (
    <Section title="Store">
      <Properties>
        <Property label="Documents">{countText(profile.documents)}</Property>
        <Property label="Size">{sizeText(profile.bytes)}</Property>
        <Property label="Kind">{kind === 's3' ? 'S3 or MinIO server' : 'built-in folder store'}</Property>
        {kind === 's3' && (
          <>
            <Property label="Address">{endpoint}</Property>
            <Property label="Public address">{publicEndpoint ?? 'the same'}</Property>
            <Property label={layout.startsWith('bucket:') ? 'Buckets begin' : 'Bucket'}>{bucket}</Property>
            <Property label="Region">{region}</Property>
            <Property label="Bucket stands">{pathStyle ? 'in the path' : 'in the host name'}</Property>
            <Property label="Own authority">{hasOwnAuthority ? 'yes' : 'no'}</Property>
            <Property label="Access key">
              <code>{accessKey}</code>
            </Property>
          </>
        )}
        <Property label="Layout">
          <code>{layout}</code>
        </Property>
        <Property label="Id">
          <ShortId id={profile.id} />
        </Property>
      </Properties>
    </Section>
  );
}
