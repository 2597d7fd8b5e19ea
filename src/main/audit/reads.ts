import { defineLongRead, defineRead } from '../database/index.ts';
import { listEntries } from './list.ts';
import { verifyLog } from './verify-log.ts';

export const listRead = defineRead('audit.list', listEntries);
export const verifyRead = defineLongRead('audit.verify', verifyLog);

/** What of this domain is read in the reader thread. */
export const auditReads = [listRead, verifyRead] as const;
