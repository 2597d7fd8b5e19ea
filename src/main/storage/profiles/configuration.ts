import canonicalize from 'canonicalize';
import { z } from 'zod';
import { KeyLayout } from '../../../contract/storage.ts';

/** The layout of the built-in store. */
export const FOLDER_LAYOUT = 'users/{userId}/';

const FolderConfiguration = z.strictObject({ kind: z.literal('folder'), layout: z.literal(FOLDER_LAYOUT) });

const S3Configuration = z.strictObject({
  kind: z.literal('s3'),
  endpoint: z.string(),
  publicEndpoint: z.string().nullable(),
  region: z.string(),
  pathStyle: z.boolean(),
  authorityPem: z.string().nullable(),
  /** With a layout of buckets, what the names of all of them begin with. */
  bucket: z.string(),
  layout: KeyLayout,
  accessKey: z.string(),
});

/** What `storage_profiles.configuration` holds: everything but the secret key. */
export const Configuration = z.discriminatedUnion('kind', [FolderConfiguration, S3Configuration]);
export type Configuration = z.infer<typeof Configuration>;
export type S3ProfileConfiguration = z.infer<typeof S3Configuration>;

/** The row's text as a configuration. Throws where it is none: the file was written by something else. */
export function readConfiguration(text: string): Configuration {
  return Configuration.parse(JSON.parse(text));
}

export function writeConfiguration(configuration: Configuration): string {
  const text = canonicalize(configuration);
  if (text === undefined) throw new Error('a configuration that is not JSON');
  return text;
}

/** An endpoint as it is stored and compared: scheme, host and port, and no slash after them. */
export function normaliseEndpoint(text: string): string {
  return new URL(text).origin;
}
