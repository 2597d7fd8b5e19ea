import { defineRead } from '../database/index.ts';
import { listConnections } from './list.ts';

export const listRead = defineRead('connections.list', listConnections);

/** What of this domain is read in the reader thread. */
export const connectionReads = [listRead] as const;
