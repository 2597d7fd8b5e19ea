export { type FolderStore, type FolderStoreOptions, openFolderStore } from './folder/index.ts';
export type { ConnectionToIndex, IndexedConnections, Showed } from './indexing/index.ts';
export { compareKeys } from './key-order.ts';
export {
  type BackendCheck,
  type DeletionTarget,
  type Finality,
  type ListOptions,
  type ListPage,
  type ObjectRef,
  type RemovalOutcome,
  type StorageBackend,
  StorageError,
  type StorageFailure,
} from './port.ts';
export { createFolderProfile, FOLDER_PROFILE } from './profiles/opening.ts';
export { isStoresBucket, sameOrigin } from './profiles/shared-bucket.ts';
export { storageReads } from './reads.ts';
export { explainStorageError } from './refusals.ts';
export { openS3, type S3Config, type S3Options, type S3Scope } from './s3/index.ts';
export { openStorage, type Storage, type StorageParts } from './storage.ts';
export { bareETag, flawOfKey, openWebDav, type WebDavOptions } from './webdav/index.ts';
