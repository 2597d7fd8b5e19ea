export { type Db, explainDatabaseError, type Tx, type Workspace } from './open.ts';
export { type AnyRead, defineLongRead, defineRead, type Read } from './reader/read.ts';
export { serveReads } from './reader/thread.ts';
export * as tables from './schema.ts';
export { type OpenedWorkspace, openWorkspace, prepareWorkspaceFolder } from './workspace.ts';
