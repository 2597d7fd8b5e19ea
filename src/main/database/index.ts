export { explainDatabaseError, type Db, type Tx, type Workspace } from './open.ts';
export { openWorkspace, prepareWorkspaceFolder, type OpenedWorkspace } from './workspace.ts';
export * as tables from './schema.ts';
