export { connectionSource } from './connection-source.ts';
export { type Indexing, openIndexing } from './indexing.ts';
export { profileSource } from './profile-source.ts';
export type { ConnectionToIndex, IndexedConnections, Showed } from './source.ts';
