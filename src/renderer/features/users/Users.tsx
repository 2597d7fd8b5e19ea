import { Button } from '@mantine/core';
import { IconPlus, IconUserSearch, IconUsers } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { countText } from '../../../contract/figures.ts';
import { useConsole } from '../../app/page-context.ts';
import { navigate, useRoute } from '../../app/router.ts';
import { useCanChange } from '../../app/session-state.ts';
import { EmptyState } from '../../components/EmptyState.tsx';
import { FailedState } from '../../components/FailedState.tsx';
import { ICON } from '../../components/icon.ts';
import { PageHead } from '../../components/PageHead.tsx';
import { NewUser } from './NewUser.tsx';
import { UserGrid } from './UserGrid.tsx';
import { UserToolbar } from './UserToolbar.tsx';
import { useUserBlocks } from './user-blocks.ts';
import { filterAddress, isFiltered, noFilter, readFilter, type UserFilter } from './user-filter.ts';

const FIRST_SCREEN = 40;

export function Users() {
  const orpc = useConsole();
  const canChange = useCanChange();
  const filter = readFilter(useRoute());
  const [range, setRange] = useState({ first: 0, last: FIRST_SCREEN });
  const [isCreating, setCreating] = useState(false);
  const blocks = useUserBlocks(filter, range.first, range.last);
  const { data: all } = useQuery(orpc.users.outline.queryOptions({ input: {} }));
  const { data: settings } = useQuery(orpc.settings.show.queryOptions({ input: {}, staleTime: 60_000 }));
  const setFilter = (changed: Partial<UserFilter>) =>
    navigate(filterAddress({ ...filter, ...changed }), { replace: true });
  const warnFrom = settings && settings.settings.quotaWarningShare * 100;
  const create = (
    <Button
      variant="filled"
      leftSection={<IconPlus {...ICON.usual} />}
      disabled={!canChange}
      onClick={() => setCreating(true)}
    >
      New user
    </Button>
  );
  const isEmpty = blocks.isCounted && blocks.count === 0;
  return (
    <>
      <PageHead
        title="Users"
        meta={<Counted filter={filter} count={blocks.isCounted ? blocks.count : null} all={all?.count} />}
        actions={create}
      />
      <UserToolbar filter={filter} onChange={setFilter} />
      {blocks.error ? (
        <FailedState error={blocks.error} title="The list could not be read" onRetry={blocks.retry} />
      ) : isEmpty && isFiltered(filter) ? (
        <NoneMatches filter={filter} onClear={() => setFilter(noFilter)} />
      ) : isEmpty ? (
        <EmptyState icon={<IconUsers {...ICON.large} />} title="No users yet" actions={create}>
          Create the first one. With many, <code>qm users create</code> does it from a script.
        </EmptyState>
      ) : (
        <UserGrid
          // Another filter is another list: it begins at its top.
          key={filterAddress(filter)}
          blocks={blocks}
          filter={filter}
          warnFrom={warnFrom}
          onSort={setFilter}
          onRange={setRange}
        />
      )}
      <NewUser isOpen={isCreating} onClose={() => setCreating(false)} />
    </>
  );
}

interface CountedProps {
  readonly filter: UserFilter;
  readonly count: number | null;
  readonly all: number | undefined;
}

function Counted({ filter, count, all }: CountedProps) {
  if (count === null) return null;
  return isFiltered(filter) && all !== undefined ? (
    <>
      {countText(count)} of {countText(all)}
    </>
  ) : (
    <>{countText(count)}</>
  );
}

function NoneMatches({ filter, onClear }: { readonly filter: UserFilter; readonly onClear: () => void }) {
  const isShort = filter.search !== '' && filter.search.length < 3;
  return (
    <EmptyState
      icon={<IconUserSearch {...ICON.large} />}
      title="No user matches"
      actions={<Button onClick={onClear}>Clear search and filters</Button>}
    >
      {filter.search === ''
        ? 'Nobody is all of what the filters ask.'
        : `Nobody has “${filter.search}” in name, mail or external id${isFiltered({ ...filter, search: '' }) ? ' and is what the filters ask' : ''}.`}
      {isShort && ' With fewer than three letters only beginnings are searched.'}
    </EmptyState>
  );
}
