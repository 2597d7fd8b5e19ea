import { Button } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { countText, sizeText } from '../../../contract/figures.ts';
import type { User } from '../../../contract/users.ts';
import { useConsole } from '../../app/page-context.ts';
import { href } from '../../app/router.ts';
import { ExactKey } from '../../components/Ids.tsx';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { cells, RuledTable } from '../../components/RuledTable.tsx';
import { Section } from '../../components/Section.tsx';
import { TimeText } from '../../components/TimeText.tsx';
import { commonFolder } from './common-folder.ts';
import classes from './DocumentsSection.module.css';

const FIRST = 20;
const MORE = 100;

const columns = [
  { title: 'Key' },
  { title: 'Where' },
  { title: 'Size', isNumber: true },
  { title: 'Modified', isNumber: true },
];

/** What is on record of a user, in key order, a page at a time. */
export function DocumentsSection({ user }: { readonly user: Pick<User, 'id'> }) {
  const orpc = useConsole();
  const { data, error, hasNextPage, fetchNextPage, isFetchingNextPage } = useInfiniteQuery(
    orpc.storage.documents.infiniteOptions({
      input: (after: string | null) => ({ user: user.id, after, limit: after === null ? FIRST : MORE }),
      initialPageParam: null,
      getNextPageParam: ({ next }) => next,
    }),
  );
  const rows = data?.pages.flatMap((page) => page.rows) ?? [];
  const folder = commonFolder(rows.map(({ key }) => key));
  return (
    <Section
      title="Documents"
      meta={
        data &&
        (rows.length === 0 ? (
          'none recorded'
        ) : (
          <>
            {countText(rows.length)} shown
            {folder && (
              <>
                , all below <code className={classes.folder}>{folder}</code>
              </>
            )}
          </>
        ))
      }
    >
      <ProblemBanner error={error} title="The documents could not be read." />
      {!data && !error && <LoadingRows count={4} label="Loading documents" />}
      {rows.length > 0 && (
        <RuledTable label="Documents" columns={columns}>
          {rows.map(({ backend, key, size, modifiedAt }) => (
            <tr key={`${backend} ${key}`}>
              <td title={key}>
                <ExactKey text={key.slice(folder.length)} />
              </td>
              <td className={classes.where}>{backend}</td>
              <td className={cells.number}>{sizeText(size)}</td>
              <td className={`${cells.number} ${classes.when}`}>
                <TimeText time={modifiedAt} />
              </td>
            </tr>
          ))}
        </RuledTable>
      )}
      {hasNextPage && (
        <div className={classes.more}>
          <Button size="xs" variant="subtle" loading={isFetchingNextPage} onClick={() => void fetchNextPage()}>
            Show more
          </Button>
        </div>
      )}
      {data && rows.length === 0 && (
        <p className={classes.none}>
          What lies in a store comes on record by indexing it, under <a href={href(['storage'])}>Storage</a>; what lies
          in a cloud, from the menu of its connection.
        </p>
      )}
    </Section>
  );
}
