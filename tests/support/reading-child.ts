import { openWorkspace } from '../../src/main/database/index.ts';
import { countUsers } from './odd-reads.ts';

// Reads once in a reader thread and forgets to close anything: the process has to end all the same.
const [, , dir = '', readerThread = ''] = process.argv;
const { workspace } = openWorkspace({ dir, create: true, clock: () => 0, newId: () => 'id', readerThread });
console.log((await workspace.read(countUsers, '%')).count);
