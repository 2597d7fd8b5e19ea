import { IconArrowDown, IconArrowUp } from '@tabler/icons-react';
import { ICON } from '../../components/icon.ts';
import classes from './UserGrid.module.css';
import type { GridColumn } from './user-columns.ts';
import type { UserFilter } from './user-filter.ts';

interface ColumnHeadProps {
  readonly column: GridColumn;
  readonly filter: UserFilter;
  readonly onSort: (sort: Pick<UserFilter, 'sortBy' | 'direction'>) => void;
}

/** A column’s name, and a button that sorts by it: numbers from the top first. */
export function ColumnHead({ column, filter, onSort }: ColumnHeadProps) {
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
      data-key={column.key}
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
