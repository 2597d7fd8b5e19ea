import { Button } from '@mantine/core';
import { IconDatabase, IconPlus } from '@tabler/icons-react';
import { useState } from 'react';
import { countText } from '../../../contract/figures.ts';
import { href } from '../../app/router.ts';
import { useCanChange } from '../../app/session-state.ts';
import { EmptyState } from '../../components/EmptyState.tsx';
import { FailedState } from '../../components/FailedState.tsx';
import { ICON } from '../../components/icon.ts';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { PageBody, PageHead } from '../../components/PageHead.tsx';
import { Section } from '../../components/Section.tsx';
import { AddStorage } from './AddStorage.tsx';
import { IndexRuns } from './IndexRuns.tsx';
import { StoreTable } from './StoreTable.tsx';
import { useIndexRuns, useProfiles } from './storage-queries.ts';

/** Where documents lie: the stores that the console knows, and how the record of each came about. */
export function Storage() {
  const canChange = useCanChange();
  const profiles = useProfiles();
  const runs = useIndexRuns();
  const [isAdding, setAdding] = useState(false);
  const rows = profiles.data?.rows;
  const add = (
    <Button
      variant="filled"
      leftSection={<IconPlus {...ICON.usual} />}
      disabled={!canChange}
      onClick={() => setAdding(true)}
    >
      Add storage…
    </Button>
  );
  return (
    <>
      <PageHead isReading title="Storage" meta={rows && countText(rows.length)} actions={add} />
      <PageBody isReading>
        {!rows && !profiles.error && <LoadingRows count={4} label="Loading the stores" />}
        {!rows && profiles.error && (
          <FailedState
            error={profiles.error}
            title="The stores could not be read"
            onRetry={() => void profiles.refetch()}
          />
        )}
        {rows?.length === 0 && (
          <EmptyState icon={<IconDatabase {...ICON.large} />} title="No store is known" actions={add}>
            Add the MinIO or S3 server on which the platform keeps its documents.
          </EmptyState>
        )}
        {rows && rows.length > 0 && (
          <>
            <Section title="Stores" meta="documents and sizes as of the last index">
              <StoreTable profiles={rows} runs={runs.data?.rows ?? []} />
            </Section>
            <Section title="Index runs" meta={runs.data?.rows.length === 0 ? 'none yet' : 'newest first'}>
              <IndexRuns runs={runs} hrefOf={placeHref(rows)} />
            </Section>
          </>
        )}
      </PageBody>
      {rows && (
        <AddStorage own={rows.find(({ own }) => own) ?? null} isOpen={isAdding} onClose={() => setAdding(false)} />
      )}
    </>
  );
}

/** The page of what a run was of, where it has one. */
function placeHref(profiles: readonly { readonly id: string; readonly name: string }[]) {
  return (profileId: string): string | null => {
    const name = profiles.find(({ id }) => id === profileId)?.name;
    return name === undefined ? null : href(['storage', name]);
  };
}
