import { serveReads } from './database/index.ts';
import { reads } from './reads.ts';

serveReads(reads);
