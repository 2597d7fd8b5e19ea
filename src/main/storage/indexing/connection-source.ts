import type { Db } from '../../database/index.ts';
import type { ConnectionToIndex, IndexSource, Owner, SourcePage } from './source.ts';

/** A connection as a source: everything below an owned root, or the recorded documents alone (C6). */
export function connectionSource(connection: ConnectionToIndex): IndexSource {
  const { connectionId, label, backend, backendNo, userNo, reach } = connection;
  return {
    id: connectionId,
    kind: 'connection',
    label,
    backendNo,
    brings: reach === 'owned',
    basis: reach,
    async *pages(after: string | null, signal: AbortSignal): AsyncGenerator<SourcePage> {
      for await (const { items, next } of backend.list({ what: 'objects', after, signal })) {
        yield { items: items.filter(({ kind }) => kind === 'object' || kind === 'version'), next };
      }
    },
    stands: async (key, signal) => (await backend.stat(key, signal)) !== null,
    owners(db: Db) {
      const status = db.raw.prepare<[number], string>('SELECT status FROM users WHERE no = ?').pluck().get(userNo);
      const owner: Owner = status === undefined ? 'nobody' : status === 'deleting' ? 'skip' : { userNo };
      return () => owner;
    },
    ended: (tx, showed) => connection.ended(tx, showed),
    close: () => backend.close(),
  };
}
