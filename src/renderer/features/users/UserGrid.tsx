import { useVirtualizer } from '@tanstack/react-virtual';
import { useEffect, useId, useRef, useState } from 'react';
import { href, navigate } from '../../app/router.ts';
import { ColumnHead } from './ColumnHead.tsx';
import { BlankCells, UserCells } from './UserCells.tsx';
import classes from './UserGrid.module.css';
import type { UserBlocks } from './user-blocks.ts';
import { COLUMNS } from './user-columns.ts';
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
              {user ? <UserCells user={user} warnFrom={warnFrom} /> : <BlankCells />}
            </div>
          );
        })}
      </div>
    </div>
  );
}
