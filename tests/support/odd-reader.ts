import { serveReads } from '../../src/main/database/index.ts';
import { reads } from '../../src/main/reads.ts';
import { oddReads } from './odd-reads.ts';

serveReads([...reads, ...oddReads]);
