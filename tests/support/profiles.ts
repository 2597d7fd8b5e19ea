import type { Storage } from '../../src/main/storage/index.ts';

type NewProfile = Parameters<Storage['add']>[1];
export type NewProfileInput = Partial<NewProfile>;

/** An S3 profile that leads nowhere, for tests that send nothing. */
export const BASIC_PROFILE: NewProfile = {
  name: 'main',
  endpoint: 'http://127.0.0.1:9',
  region: 'us-east-1',
  pathStyle: true,
  bucket: 'docs',
  layout: 'users/{userId}/',
  accessKey: 'access-key',
  secretKey: 'secret-key-of-the-tests',
  own: false,
};
