import { keepPreviousData, useQueries, useQuery } from '@tanstack/react-query';
import type { User } from '../../../contract/users.ts';
import { useRefetchWhileInUse } from '../../app/in-use.ts';
import { useConsole } from '../../app/page-context.ts';
import { toInput, type UserFilter } from './user-filter.ts';

/** As the console cuts its outline; it says so in the outline, too. */
const USUAL_BLOCK = 500;

export interface UserBlocks {
  /** Rows that the filter matches; while that is not known, those that have been read. */
  readonly count: number;
  readonly isCounted: boolean;
  readonly isFirstPending: boolean;
  readonly error: unknown;
  /** Undefined while it is being read. */
  row(index: number): User | undefined;
  retry(): void;
}

/**
 * The rows from `first` to `last`, read in blocks by key. The outline names the key before each block, so that the list
 * can jump; the first block needs none and is asked for at once.
 */
export function useUserBlocks(filter: UserFilter, first: number, last: number): UserBlocks {
  const orpc = useConsole();
  const input = toInput(filter);
  // Other hosts work on the same users.
  const refetchInterval = useRefetchWhileInUse();
  const outline = useQuery(
    orpc.users.outline.queryOptions({ input, placeholderData: keepPreviousData, refetchInterval }),
  );
  const size = outline.data?.pageSize ?? USUAL_BLOCK;
  const keys = outline.data?.keys ?? [null];
  const from = Math.max(0, Math.floor(first / size));
  const to = Math.min(Math.max(from, Math.floor(last / size)), Math.max(keys.length - 1, 0));
  const wanted = Array.from({ length: to - from + 1 }, (_, index) => from + index);
  const blocks = useQueries({
    queries: wanted.map((block) => ({
      ...orpc.users.list.queryOptions({ input: { ...input, after: keys[block] ?? null, limit: size } }),
      placeholderData: block === 0 ? keepPreviousData : undefined,
      refetchInterval,
    })),
  });
  const failed = blocks.find(({ error }) => error !== null)?.error ?? outline.error;
  const readCount = blocks[0]?.data?.rows.length ?? 0;
  return {
    count: outline.data?.count ?? readCount,
    isCounted: outline.data !== undefined,
    isFirstPending: from === 0 && blocks[0]?.isPending === true,
    error: failed,
    row(index) {
      const block = Math.floor(index / size);
      return blocks[block - from]?.data?.rows[index - block * size];
    },
    retry() {
      void outline.refetch();
      for (const block of blocks) void block.refetch();
    },
  };
}
