import { defineRead } from '../database/index.ts';
import { listUsers, outlineUsers } from './list.ts';

export const listRead = defineRead('users.list', listUsers);
export const outlineRead = defineRead('users.outline', outlineUsers);

/** What of this domain is read in the reader thread. */
export const userReads = [listRead, outlineRead] as const;
