export { type Connections, openConnections } from './connections.ts';
export { requireNoneMissing } from './missing.ts';
export { connectionReads } from './reads.ts';
export { purgeConnections } from './removal.ts';
export type { ConnectionAnswer } from './row.ts';
export { sharedWith, sharesGrant } from './sharing.ts';
