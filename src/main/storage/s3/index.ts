export type { S3Config } from './connection.ts';
export { isCertificateCode } from './failures.ts';
export { positionAfter } from './list.ts';
export { openS3, type S3Options, type S3Scope } from './open-s3.ts';
export { isPathSafe } from './path-safety.ts';
export { presign } from './presign.ts';
export { openS3Reader, type S3Reader } from './reader.ts';
