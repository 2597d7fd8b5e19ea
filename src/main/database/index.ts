export { type Db, explainDatabaseError, type Tx, type Workspace } from './open.ts';
export * as tables from './schema.ts';
export { type OpenedWorkspace, openWorkspace, prepareWorkspaceFolder } from './workspace.ts';
