import { eventIterator } from '@orpc/contract';
import { z } from 'zod';
import { adminProcedure } from './base.ts';
import { errors } from './errors.ts';
import { Bytes, Count, Id, SecretText, Time, UserRef, Version } from './primitives.ts';

/** Name of a profile, as people type it. */
export const ProfileName = z
  .string()
  .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$/, 'must be 1 to 63 of A-Z a-z 0-9 . _ -');

/** `http(s)://host[:port]` and no path, query, fragment, user or password. */
export const Endpoint = z
  .url({ protocol: /^https?$/, error: 'must be an http or https address' })
  .max(300)
  .refine((text) => {
    const url = URL.parse(text); // What is no address at all has been refused above, yet this is asked too.
    return (
      !url ||
      (url.username === '' &&
        url.password === '' &&
        url.search === '' &&
        url.hash === '' &&
        (url.pathname === '/' || url.pathname === ''))
    );
  }, 'must be scheme, host and port alone');

/** S3 bucket naming rules, the strict form: https://docs.aws.amazon.com/AmazonS3/latest/userguide/bucketnamingrules.html */
export const BucketName = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'is not a bucket name (3 to 63 of a-z 0-9 . -)')
  .refine((name) => !name.includes('..') && !/^\d+\.\d+\.\d+\.\d+$/.test(name), 'is not a bucket name');

/** A bucket's name, or, where each user has a bucket, what the names of all of them begin with (`docs-`). */
export const BucketOrPrefix = z
  .string()
  .regex(/^[a-z0-9][a-z0-9.-]{0,62}$/, 'is not a bucket name, nor the beginning of one')
  .refine((name) => !name.includes('..'), 'is not a bucket name, nor the beginning of one');

/**
 * How the platform lays out keys. A folder for each user: `users/{userId}/`, `{externalId}/`. A bucket for each user:
 * `bucket:{userId}` or `bucket:{externalId}`; the profile's `bucket` is then the prefix that all those buckets share.
 */
export const KeyLayout = z
  .string()
  .max(200)
  .regex(
    /^(?:(?:[^/{}\u0000-\u001f]+\/)*\{(?:userId|externalId)\}\/|bucket:\{(?:userId|externalId)\})$/,
    "must be a folder such as 'users/{userId}/' or '{externalId}/', or 'bucket:{externalId}'",
  )
  .refine(
    (layout) => !layout.split('/').some((part) => part === '.' || part === '..'),
    "must not contain '.' or '..' as a folder: proxies rewrite them",
  );

export const Profile = z.object({
  id: Id,
  name: z.string(),
  kind: z.enum(['folder', 's3']),
  endpoint: z.string().nullable(),
  publicEndpoint: z.string().nullable(),
  region: z.string().nullable(),
  pathStyle: z.boolean(),
  hasOwnAuthority: z.boolean(),
  bucket: z.string().nullable(),
  layout: z.string(),
  accessKey: z.string().nullable(),
  /** True for the platform's own store; there is exactly one. */
  own: z.boolean(),
  documents: Count,
  bytes: Bytes,
  lastIndexedAt: Time.nullable(),
  version: Version,
});
export type Profile = z.infer<typeof Profile>;

const editable = {
  endpoint: Endpoint,
  publicEndpoint: Endpoint.nullish(),
  region: z
    .string()
    .regex(/^[a-z0-9-]{1,40}$/, 'is not a region')
    .default('us-east-1'),
  pathStyle: z.boolean().default(true),
  /** PEM of the server's own certificate authority. */
  authorityPem: z.string().max(100_000).nullish(),
  bucket: BucketOrPrefix,
  layout: KeyLayout.default('users/{userId}/'),
  accessKey: z.string().min(3).max(128),
  secretKey: SecretText,
  own: z.boolean().default(false),
};

export const CheckFinding = z.object({
  check: z.enum(['reachable', 'credentials', 'bucket', 'list', 'clock', 'region', 'versioning', 'objectLock']),
  outcome: z.enum(['ok', 'warning', 'failed', 'unknown']),
  message: z.string(),
});

export const IndexRun = z.object({
  id: Id,
  state: z.enum(['running', 'done', 'failed', 'cancelled']),
  source: z.string(),
  /** What was indexed; null once that has been removed. */
  place: z.object({ kind: z.enum(['profile', 'connection']), id: Id }).nullable(),
  seen: Count,
  added: Count,
  changed: Count,
  removed: Count,
  /** Objects that belong to no user, or in a cloud are not the platform's: counted, kept. */
  foreign: Count,
  bytes: Bytes,
  message: z.string().nullable(),
  startedAt: Time,
  endedAt: Time.nullable(),
});
export type IndexRun = z.infer<typeof IndexRun>;

export const storageContract = {
  list: adminProcedure.input(z.strictObject({})).output(z.object({ rows: z.array(Profile) })),
  add: adminProcedure
    .input(z.strictObject({ name: ProfileName, ...editable }))
    .output(z.object({ profile: Profile }))
    .errors(errors('NAME_TAKEN', 'IN_USE', 'STORAGE_UNSAFE')),
  update: adminProcedure
    .input(
      z.strictObject({
        profile: ProfileName,
        expectedVersion: Version,
        endpoint: editable.endpoint.optional(),
        publicEndpoint: editable.publicEndpoint,
        region: z
          .string()
          .regex(/^[a-z0-9-]{1,40}$/, 'is not a region')
          .optional(),
        pathStyle: z.boolean().optional(),
        authorityPem: editable.authorityPem,
        accessKey: editable.accessKey.optional(),
        secretKey: editable.secretKey.optional(),
        own: z.boolean().optional(),
      }),
    )
    .output(z.object({ profile: Profile }))
    .errors(errors('CHANGED_MEANWHILE', 'IN_USE', 'STORAGE_UNSAFE')),
  /** The profile's rows go; its objects are not touched. Refused while it holds documents. */
  remove: adminProcedure
    .input(z.strictObject({ profile: ProfileName, expectedVersion: Version }))
    .output(z.object({ removed: Id }))
    .errors(errors('CHANGED_MEANWHILE', 'IN_USE')),
  check: adminProcedure
    .input(z.strictObject({ profile: ProfileName }))
    .output(z.object({ ok: z.boolean(), findings: z.array(CheckFinding) })),

  /** Starts bringing the documents of a profile, or of a connection, into the workspace. Watch it by its id. */
  index: adminProcedure
    .input(z.union([z.strictObject({ profile: ProfileName }), z.strictObject({ connectionId: Id })]))
    .output(z.object({ run: IndexRun }))
    .errors(errors('IN_USE', 'STORAGE_UNSAFE', 'STORAGE_REFUSED')),
  watchIndex: adminProcedure.input(z.strictObject({ runId: Id })).output(eventIterator(IndexRun)),
  cancelIndex: adminProcedure.input(z.strictObject({ runId: Id })).output(z.object({ run: IndexRun })),
  indexRuns: adminProcedure
    .input(z.strictObject({ limit: z.int().min(1).max(100).default(20) }))
    .output(z.object({ rows: z.array(IndexRun) })),

  /** A presigned link, made without a request to the server. At most seven days (S3's own limit). */
  link: adminProcedure
    .input(
      z.strictObject({
        profile: ProfileName,
        key: z.string().min(1).max(1024),
        for: z.enum(['download', 'upload']).default('download'),
        expiresInSeconds: z.int().min(1).max(604_800).default(3600),
        /** Tries the link before it is handed out: this sends one request. */
        tryIt: z.boolean().default(false),
      }),
    )
    .output(
      z.object({
        url: z.string(),
        expiresAt: Time,
        tried: z.object({ ok: z.boolean(), message: z.string() }).nullable(),
      }),
    )
    .errors(errors('STORAGE_UNREACHABLE', 'STORAGE_REFUSED', 'STORAGE_UNSAFE')),

  /** A user's documents, in key order within a backend. */
  documents: adminProcedure
    .input(
      z.strictObject({
        user: UserRef,
        /** Found anywhere in the key; under three letters only where a name begins, at the start or after a slash. */
        search: z.string().max(200).optional(),
        after: z.string().max(4096).nullish(),
        limit: z.int().min(1).max(500).default(50),
      }),
    )
    .output(
      z.object({
        rows: z.array(z.object({ backend: z.string(), key: z.string(), size: Bytes, modifiedAt: Time.nullable() })),
        next: z.string().nullable(),
      }),
    ),
};
