import { defineLongRead } from '../database/index.ts';
import { listDocuments } from './documents.ts';

const DOCUMENTS_LIMIT_MS = 20_000;

export const documentsRead = defineLongRead('storage.documents', listDocuments, DOCUMENTS_LIMIT_MS);

/** What of this domain is read in the reader thread. */
export const storageReads = [documentsRead] as const;
