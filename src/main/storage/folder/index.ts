export { type FolderStore, type FolderStoreOptions, openFolderStore } from './store.ts';
