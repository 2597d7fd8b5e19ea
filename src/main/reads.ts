import { auditReads } from './audit/index.ts';
import { connectionReads } from './connections/index.ts';
import type { AnyRead } from './database/index.ts';
import { storageReads } from './storage/index.ts';
import { userReads } from './users/index.ts';

/** The closed set of what the reader thread can do. */
export const reads: readonly AnyRead[] = [...userReads, ...auditReads, ...connectionReads, ...storageReads];
