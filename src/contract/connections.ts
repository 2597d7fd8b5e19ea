import { z } from 'zod';
import { adminProcedure } from './base.ts';
import { errors } from './errors.ts';
import { Bytes, Count, DisplayName, Id, pageInput, pageOf, SecretText, Time, UserRef, Version } from './primitives.ts';
import { BucketName } from './storage.ts';

export const Provider = z.enum(['webdav', 's3']);
export const ConnectionState = z.enum(['works', 'reauthorise', 'unreachable', 'untested']);

export const Connection = z.object({
  id: Id,
  userId: Id,
  provider: Provider,
  label: z.string(),
  /** Whose account it is, for people: user name or access key, and host. Never a secret. */
  account: z.string(),
  root: z.string(),
  ownedRoot: z.boolean(),
  state: ConnectionState,
  lastCheckedAt: Time.nullable(),
  documents: Count,
  bytes: Bytes,
  version: Version,
});
export type Connection = z.infer<typeof Connection>;

/** A folder inside the cloud: starts with `/`, no `.` or `..` segments, no control characters. */
export const CloudRoot = z
  .string()
  .max(1000)
  .regex(/^\/[^\u0000-\u001f\u007f]*$/, "must start with '/'")
  .refine((path) => !path.split('/').some((part) => part === '.' || part === '..'), "must not contain '.' or '..'")
  .transform((path) => (path.length > 1 ? path.replace(/\/+$/, '') || '/' : path));

/** A WebDAV collection's address: http or https, no user, password, query or fragment in it. */
export const WebDavUrl = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .max(1000)
  .refine((text) => {
    const url = URL.parse(text); // What is no address at all has been refused above, yet this is asked too.
    return !url || (url.username === '' && url.password === '' && url.search === '' && url.hash === '');
  }, 'must not hold a user, password, query or fragment');

const webdav = {
  provider: z.literal('webdav'),
  url: WebDavUrl,
  username: z.string().min(1).max(255),
  secret: SecretText,
};
const s3 = {
  provider: z.literal('s3'),
  url: z.url({ protocol: /^https?$/ }).max(300),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/)
    .default('us-east-1'),
  pathStyle: z.boolean().default(true),
  bucket: BucketName,
  username: z.string().min(3).max(128),
  secret: SecretText,
};
const common = {
  user: UserRef,
  label: DisplayName.optional(),
  root: CloudRoot,
  /** Everything below the root is the platform's own. The root of a whole cloud is refused. */
  ownedRoot: z.boolean().default(false),
};

export const connectionsContract = {
  list: adminProcedure
    .input(z.strictObject({ user: UserRef.optional(), state: ConnectionState.optional(), ...pageInput }))
    .output(pageOf(Connection)),
  show: adminProcedure.input(z.strictObject({ connectionId: Id })).output(z.object({ connection: Connection })),
  add: adminProcedure
    .input(
      z.discriminatedUnion('provider', [
        z.strictObject({ ...common, ...webdav }),
        z.strictObject({ ...common, ...s3 }),
      ]),
    )
    .output(z.object({ connection: Connection }))
    .errors(errors('STORAGE_UNSAFE', 'USER_BEING_DELETED')),
  update: adminProcedure
    .input(
      z.strictObject({
        connectionId: Id,
        expectedVersion: Version,
        label: DisplayName.optional(),
        url: WebDavUrl.optional(),
        username: z.string().min(1).max(255).optional(),
        secret: SecretText.optional(),
        root: CloudRoot.optional(),
        ownedRoot: z.boolean().optional(),
      }),
    )
    .output(z.object({ connection: Connection }))
    .errors(errors('STORAGE_UNSAFE', 'CHANGED_MEANWHILE', 'IN_USE')),
  /** Reads the root, and one recorded document where there is one. The outcome is stored as the state. */
  test: adminProcedure
    .input(z.strictObject({ connectionId: Id }))
    .output(z.object({ connection: Connection, ok: z.boolean(), message: z.string() })),
  /** The platform's record of which documents it put into this cloud. Adds or corrects rows; a page at a time. */
  recordDocuments: adminProcedure
    .input(
      z.strictObject({
        connectionId: Id,
        documents: z
          .array(
            z.strictObject({
              /** Path within the connection's root, without a leading slash. */
              key: z.string().min(1).max(1024),
              size: Bytes,
              etag: z.string().max(200).nullish(),
              modifiedAt: Time.nullish(),
            }),
          )
          .min(1)
          .max(1000),
      }),
    )
    .output(z.object({ added: Count, changed: Count }))
    .errors(errors('STORAGE_UNSAFE', 'USER_BEING_DELETED')),
  /** Removes the connection and what is recorded of it. Objects in the cloud are not touched. */
  remove: adminProcedure
    .input(
      z.strictObject({
        connectionId: Id,
        expectedVersion: Version,
        /** With documents on it: their count, typed to confirm. */
        confirmDocuments: Count.optional(),
      }),
    )
    .output(
      z.object({ removed: Id, revoked: z.enum(['revoked', 'not_offered', 'still_in_use']), documentsForgotten: Count }),
    )
    .errors(errors('CONFIRMATION_MISMATCH', 'CHANGED_MEANWHILE', 'USER_BEING_DELETED')),
};
