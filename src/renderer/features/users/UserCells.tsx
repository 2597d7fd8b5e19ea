import { IconShield } from '@tabler/icons-react';
import type { User } from '../../../contract/users.ts';
import { href } from '../../app/router.ts';
import { ICON } from '../../components/icon.ts';
import { QuotaBar } from '../../components/QuotaBar.tsx';
import { QuotaWords, UsedText } from '../../components/QuotaWords.tsx';
import { TimeText } from '../../components/TimeText.tsx';
import { dateText, exactText } from '../../components/time.ts';
import classes from './UserGrid.module.css';
import { UserStatusWord } from './UserStatusWord.tsx';
import { COLUMNS } from './user-columns.ts';

/** A dash for what cannot be known: only administrators sign in to this console. */
export function UserCells({ user, warnFrom }: { readonly user: User; readonly warnFrom: number | undefined }) {
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
      <Cell isNumber kind="used">
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
  readonly kind?: 'name' | 'second' | 'meta' | 'mono' | 'used';
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

/** The same while the row is being read. */
export function BlankCells() {
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
