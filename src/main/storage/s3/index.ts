export { connectS3, type S3Config, type S3Connection } from './connection.ts';
export { openS3, type S3Options, type S3Scope } from './open-s3.ts';
