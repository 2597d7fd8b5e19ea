import { IconArrowDown, IconArrowUp, IconShield } from '@tabler/icons-react';
import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useRef, useState } from 'react';
import type { User } from '../../../contract/users.ts';
import { href, navigate } from '../../app/router.ts';
import { ICON } from '../../components/icon.ts';
import { QuotaBar } from '../../components/QuotaBar.tsx';
import { QuotaWords, UsedText } from '../../components/QuotaWords.tsx';
import { TimeText } from '../../components/TimeText.tsx';
import { dateText, exactText } from '../../components/time.ts';
import classes from './UserGrid.module.css';
import { UserStatusWord } from './UserStatusWord.tsx';
import type { UserBlocks } from './user-blocks.ts';
import type { UserFilter } from './user-filter.ts';

interface UserGridProps {
  readonly blocks: UserBlocks;
  readonly filter: UserFilter;
  readonly warnFrom: number | undefined;
  readonly onSort: (sort: Pick<UserFilter, 'sortBy' | 'direction'>) => void;
  readonly onRange: (range: { first: number; last: number }) => void;
}

const ROW_PX = 36;
const HEAD_PX = 32;
const OVERSCAN = 12;

interface GridColumn {
  readonly key: string;
  readonly title: string;
  readonly sortBy: UserFilter['sortBy'];
  readonly isNumber?: boolean;
  /** Only from 1120 px, or only from 1600. */
  readonly from?: 'medium' | 'wide';
  /** The bar's words have no head of their own. */
  readonly span?: 2;
}

const COLUMNS: readonly GridColumn[] = [
  { key: 'name', title: 'Name', sortBy: 'name' },
  { key: 'mail', title: 'Mail', sortBy: 'mail' },
  { key: 'externalId', title: 'External id', sortBy: 'externalId', from: 'wide' },
  { key: 'status', title: 'Status', sortBy: 'status' },
  { key: 'used', title: 'Used', sortBy: 'used', isNumber: true },
  { key: 'share', title: 'Quota', sortBy: 'share', span: 2 },
  { key: 'ai', title: 'AI model', sortBy: 'ai', from: 'medium' },
  { key: 'connections', title: 'Clouds', sortBy: 'connections', isNumber: true, from: 'medium' },
  { key: 'lastSignInAt', title: 'Seen', sortBy: 'lastSignInAt', isNumber: true, from: 'wide' },
  { key: 'createdAt', title: 'Created', sortBy: 'createdAt', isNumber: true },
];

/** All users that match, however many: only what is in sight is drawn. Arrows move, Enter opens. */
export function UserGrid({ blocks, filter, warnFrom, onSort, onRange }: UserGridProps) {
  const grid = useRef<HTMLDivElement>(null);
  const id = useId();
  const [active, setActive] = useState(0);
  const { count } = blocks;
  const virtualizer = useVirtualizer({
    count: blocks.isFirstPending ? Math.max(count, 16) : count,
    getScrollElement: () => grid.current,
    estimateSize: () => ROW_PX,
    overscan: OVERSCAN,
    scrollMargin: HEAD_PX,
    scrollPaddingStart: HEAD_PX,
    // React warns when it is made to flush while it renders: https://github.com/TanStack/virtual/issues/1281
    useFlushSync: false,
  });
  const items = virtualizer.getVirtualItems();
  const first = items[0]?.index ?? 0;
  const last = items.at(-1)?.index ?? 0;
  // What is in sight is known only after the scroll; what to read follows from it.
  useEffect(() => onRange({ first, last }), [first, last, onRange]);

  const move = (to: number) => {
    const next = Math.min(Math.max(to, 0), count - 1);
    setActive(next);
    virtualizer.scrollToIndex(next, { align: 'auto' });
  };
  const open = (index: number) => {
    const user = blocks.row(index);
    if (user) navigate(href(['users', user.id]));
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.target !== event.currentTarget) return;
    const page = Math.max(1, Math.floor((grid.current?.clientHeight ?? 0) / ROW_PX) - 2);
    const moves: Record<string, () => void> = {
      ArrowDown: () => move(active + 1),
      ArrowUp: () => move(active - 1),
      PageDown: () => move(active + page),
      PageUp: () => move(active - page),
      Home: () => move(0),
      End: () => move(count - 1),
      Enter: () => open(active),
    };
    const act = moves[event.key];
    if (!act || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    act();
  };
  return (
    <div
      ref={grid}
      className={classes.grid}
      role="grid"
      aria-label="Users"
      aria-rowcount={blocks.isCounted ? count + 1 : -1}
      aria-activedescendant={`${id}-${active}`}
      aria-busy={blocks.isFirstPending}
      tabIndex={0}
      onKeyDown={onKeyDown}
    >
      <div className={classes.head} role="row" aria-rowindex={1}>
        {COLUMNS.map((column) => (
          <ColumnHead key={column.key} column={column} filter={filter} onSort={onSort} />
        ))}
      </div>
      <div role="presentation" className={classes.body} style={{ height: virtualizer.getTotalSize() }}>
        {items.map(({ index, start }) => {
          const user = blocks.row(index);
          return (
            // biome-ignore lint/a11y/useKeyWithClickEvents: Enter on the grid does the same
            <div
              key={index}
              id={`${id}-${index}`}
              className={classes.row}
              role="row"
              aria-rowindex={index + 2}
              data-active={index === active || undefined}
              style={{ transform: `translateY(${start - HEAD_PX}px)` }}
              onClick={() => open(index)}
            >
              {user ? <Cells user={user} warnFrom={warnFrom} /> : <BlankCells />}
            </div>
          );
        })}
      </div>
    </div>
  );
}

interface ColumnHeadProps {
  readonly column: GridColumn;
  readonly filter: UserFilter;
  readonly onSort: UserGridProps['onSort'];
}

function ColumnHead({ column, filter, onSort }: ColumnHeadProps) {
  const { title, sortBy, isNumber = false, from, span } = column;
  const isSorted = filter.sortBy === sortBy;
  const next =
    isSorted && filter.direction === (isNumber || span ? 'descending' : 'ascending')
      ? flipped(filter.direction)
      : isNumber || span
        ? 'descending'
        : 'ascending';
  return (
    <div
      role="columnheader"
      className={classes.headCell}
      aria-sort={isSorted ? filter.direction : 'none'}
      data-number={isNumber || undefined}
      data-from={from}
      data-span={span}
    >
      <button
        type="button"
        className={classes.sort}
        data-sorted={isSorted || undefined}
        onClick={() => onSort({ sortBy, direction: next })}
      >
        {isSorted &&
          (filter.direction === 'ascending' ? <IconArrowUp {...ICON.small} /> : <IconArrowDown {...ICON.small} />)}
        {title}
      </button>
    </div>
  );
}

function flipped(direction: UserFilter['direction']): UserFilter['direction'] {
  return direction === 'ascending' ? 'descending' : 'ascending';
}

/** A dash for what cannot be known: only administrators sign in to this console. */
function Cells({ user, warnFrom }: { readonly user: User; readonly warnFrom: number | undefined }) {
  const { quota } = user;
  return (
    <>
      <Cell kind="name">
        <a
          href={href(['users', user.id])}
          tabIndex={-1}
          className={classes.link}
          onClick={(event) => event.stopPropagation()}
        >
          {user.name}
        </a>
        {user.role === 'owner' && (
          <IconShield {...ICON.small} className={classes.shield ?? ''} role="img" aria-label="administrator" />
        )}
      </Cell>
      <Cell kind="second">{user.mail}</Cell>
      <Cell kind="mono" from="wide">
        {user.externalId ?? <span className={classes.none}>none</span>}
      </Cell>
      <Cell>
        <UserStatusWord user={user} />
      </Cell>
      <Cell isNumber>
        <UsedText quota={quota} />
      </Cell>
      <Cell>
        <QuotaBar quota={quota} warnFrom={warnFrom} />
      </Cell>
      <Cell>
        <QuotaWords quota={quota} />
      </Cell>
      <Cell from="medium">{user.ai ? user.ai.model : <span className={classes.none}>none</span>}</Cell>
      <Cell isNumber from="medium">
        {user.connectionCount === 0 ? <span className={classes.none}>0</span> : user.connectionCount}
      </Cell>
      <Cell isNumber from="wide" kind="meta">
        {user.role === 'owner' ? <TimeText time={user.lastSignInAt} none="never" /> : '—'}
      </Cell>
      <Cell isNumber kind="meta">
        <time dateTime={user.createdAt} title={exactText(user.createdAt)}>
          {dateText(user.createdAt)}
        </time>
      </Cell>
    </>
  );
}

interface CellProps {
  readonly kind?: 'name' | 'second' | 'meta' | 'mono';
  readonly isNumber?: boolean;
  readonly from?: 'medium' | 'wide';
  readonly children?: React.ReactNode;
}

function Cell({ kind, isNumber = false, from, children }: CellProps) {
  return (
    <div role="gridcell" className={classes.cell} data-kind={kind} data-number={isNumber || undefined} data-from={from}>
      {children}
    </div>
  );
}

function BlankCells() {
  return (
    <>
      {COLUMNS.flatMap(({ key, from, span }) =>
        [key, ...(span ? [`${key}-words`] : [])].map((name) => ({ name, from })),
      ).map(({ name, from }) => (
        <div key={name} role="gridcell" className={classes.cell} data-from={from}>
          <span className={classes.blank} />
        </div>
      ))}
    </>
  );
}
