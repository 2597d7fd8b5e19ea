import { Secret } from '../../src/main/secret.ts';
import {
  openS3,
  type S3Config,
  type S3Options,
  type S3Scope,
  type StorageBackend,
} from '../../src/main/storage/index.ts';

/** What the product needs to reach a server of the tests. */
export function s3Config(server: {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
}): S3Config {
  const { endpoint, accessKey, secretKey, region } = server;
  return { endpoint, region, pathStyle: true, authorityPem: null, accessKey, secretKey: new Secret(secretKey) };
}

/** Opens one user's scope for the length of `use`. */
export async function withS3<Result>(
  server: Parameters<typeof s3Config>[0],
  scope: S3Scope,
  use: (backend: StorageBackend) => Promise<Result>,
  options: S3Options = {},
): Promise<Result> {
  const backend = openS3(s3Config(server), scope, options);
  try {
    return await use(backend);
  } finally {
    backend.close();
  }
}
