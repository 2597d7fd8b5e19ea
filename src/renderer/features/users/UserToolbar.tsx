import { Button, Menu, TextInput } from '@mantine/core';
import { useDebouncedCallback } from '@mantine/hooks';
import { IconPlus, IconSearch } from '@tabler/icons-react';
import { useState } from 'react';
import { FilterChip } from '../../components/FilterChip.tsx';
import { ICON } from '../../components/icon.ts';
import classes from './UserToolbar.module.css';
import type { UserFilter } from './user-filter.ts';

interface UserToolbarProps {
  readonly filter: UserFilter;
  readonly onChange: (change: Partial<UserFilter>) => void;
}

const TYPING_MS = 250;

export const STATUS_WORDS = { active: 'active', inactive: 'deactivated', deleting: 'being deleted' } as const;
export const ROLE_WORDS = { owner: 'administrator', user: 'user' } as const;

export function UserToolbar({ filter, onChange }: UserToolbarProps) {
  const { status, role, isOverQuota, hasConnections } = filter;
  return (
    <search className={classes.toolbar}>
      {/* Another search in the address than what was typed here last: the field follows it. */}
      <SearchField search={filter.search} onSearch={(search) => onChange({ search })} />
      {status && <FilterChip label="Status" value={STATUS_WORDS[status]} onRemove={() => onChange({ status: null })} />}
      {role && <FilterChip label="Role" value={ROLE_WORDS[role]} onRemove={() => onChange({ role: null })} />}
      {isOverQuota && <FilterChip label="Quota" value="over limit" onRemove={() => onChange({ isOverQuota: false })} />}
      {hasConnections && (
        <FilterChip label="Clouds" value="connected" onRemove={() => onChange({ hasConnections: false })} />
      )}
      <Menu position="bottom-start">
        <Menu.Target>
          <Button size="xs" className={classes.add ?? ''} leftSection={<IconPlus {...ICON.small} />}>
            Filter
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Status</Menu.Label>
          <Menu.Item onClick={() => onChange({ status: 'active' })}>Active</Menu.Item>
          <Menu.Item onClick={() => onChange({ status: 'inactive' })}>Deactivated</Menu.Item>
          <Menu.Item onClick={() => onChange({ status: 'deleting' })}>Being deleted</Menu.Item>
          <Menu.Divider />
          <Menu.Label>Role</Menu.Label>
          <Menu.Item onClick={() => onChange({ role: 'owner' })}>Administrator</Menu.Item>
          <Menu.Item onClick={() => onChange({ role: 'user' })}>User</Menu.Item>
          <Menu.Divider />
          <Menu.Item onClick={() => onChange({ isOverQuota: true })}>Over quota</Menu.Item>
          <Menu.Item onClick={() => onChange({ hasConnections: true })}>Has cloud connections</Menu.Item>
        </Menu.Dropdown>
      </Menu>
    </search>
  );
}

interface SearchFieldProps {
  readonly search: string;
  readonly onSearch: (search: string) => void;
}

function SearchField({ search, onSearch }: SearchFieldProps) {
  const [typed, setTyped] = useState({ text: search, from: search });
  const text = typed.from === search ? typed.text : search;
  const send = useDebouncedCallback((next: string) => onSearch(next.trim()), TYPING_MS);
  return (
    <TextInput
      size="xs"
      className={classes.search ?? ''}
      aria-label="Search name, mail or external id"
      placeholder="Search name, mail or external id"
      leftSection={<IconSearch {...ICON.small} />}
      type="search"
      value={text}
      onChange={(event) => {
        const next = event.currentTarget.value;
        setTyped({ text: next, from: search });
        send(next);
      }}
    />
  );
}
