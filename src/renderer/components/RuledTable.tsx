import classes from './RuledTable.module.css';

export interface Column {
  readonly title: string;
  /** Numbers stand on the right. */
  readonly isNumber?: boolean;
  /** For heads that only readers need, such as that of a row's buttons. */
  readonly isHidden?: boolean;
}

interface RuledTableProps {
  readonly label: string;
  readonly columns: readonly Column[];
  readonly children: React.ReactNode;
  readonly foot?: React.ReactNode;
}

/** A short table on a sheet: rules and hairlines. Long lists have grids of their own. */
export function RuledTable({ label, columns, children, foot }: RuledTableProps) {
  return (
    <table className={classes.table} aria-label={label}>
      <thead>
        <tr>
          {columns.map(({ title, isNumber, isHidden }) => (
            <th key={title} scope="col" data-number={isNumber || undefined}>
              {isHidden ? <span className={classes.hidden}>{title}</span> : title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>{children}</tbody>
      {foot && <tfoot>{foot}</tfoot>}
    </table>
  );
}

export const cells = {
  name: classes.name ?? '',
  number: classes.number ?? '',
  second: classes.second ?? '',
  act: classes.act ?? '',
};
