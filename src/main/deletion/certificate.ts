import { z } from 'zod';
import { type BackendKind, Finality } from '../../contract/deletions.ts';
import { Bytes, Count, Id, SHA256_HEX, Time } from '../../contract/primitives.ts';
import { canonical, sha256 } from './canonical.ts';

/** Stands before the bytes that are signed, so that no signature of another kind can pass for one of a certificate. */
export const SIGNATURE_DOMAIN = 'quartermaster-certificate-v1\n';

const Kind = z.enum(['object', 'version', 'marker', 'upload', 'folder']);

/** What a plan's hash is taken over. */
export const PlanContent = z.strictObject({
  format: z.literal('quartermaster/deletion-plan'),
  version: z.literal(1),
  id: Id,
  userId: Id,
  createdAt: Time,
  createdBy: Id,
  backends: z.array(
    z.strictObject({
      id: z.string(),
      kind: z.enum(['folder', 's3', 'webdav']),
      label: z.string(),
      cloud: z.boolean(),
      reach: z.enum(['owned', 'recorded']),
      reachable: z.boolean(),
      count: Count,
      bytes: Bytes,
      /** How many references of each kind. */
      kinds: z.record(z.string(), Count),
      /** SHA-256 over all references, a line each, in the order of the plan: part by part, by key within each. */
      references: SHA256_HEX,
      kept: Count,
      finality: Finality,
      note: z.string().nullable(),
    }),
  ),
});
export type PlanContent = z.infer<typeof PlanContent>;

const CertifiedBackend = z.strictObject({
  id: z.string(),
  kind: z.enum(['folder', 's3', 'webdav']),
  label: z.string(),
  cloud: z.boolean(),
  outcome: z.enum(['verified', 'skipped']),
  planned: Count,
  plannedBytes: Bytes,
  found: Count,
  foundBytes: Bytes,
  removed: Count,
  removedBytes: Bytes,
  absent: Count,
  leftovers: Count,
  kept: Count,
  finality: Finality,
  /** How final the removal is, in words: never more than the provider does. */
  meaning: z.string(),
  note: z.string().nullable(),
  problem: z.string().nullable(),
  firstRemovalAt: Time.nullable(),
  lastRemovalAt: Time.nullable(),
  /** When it was last looked at and nothing but what is listed here stood there. */
  verifiedAt: Time.nullable(),
});
export type CertifiedBackend = z.infer<typeof CertifiedBackend>;

const CertifiedLeftover = z.strictObject({
  backend: z.string(),
  kind: Kind,
  key: z.string(),
  versionId: z.string().nullable(),
  bytes: Bytes,
  reason: z.string(),
  retainedUntil: Time.nullable(),
  /** Whether trying again later can help: in a cloud it cannot, since the credentials are gone. */
  retryable: z.boolean(),
});
export type CertifiedLeftover = z.infer<typeof CertifiedLeftover>;

const Evidence = z.strictObject({
  /** C2SP signed note: the log's size and root, which the entries are proven against. */
  checkpoint: z.string(),
  /** Each entry exactly as it was hashed, with its path to the root (RFC 6962, base64). */
  entries: z.array(z.strictObject({ sequence: z.int().min(1), entry: z.string(), path: z.array(z.string()) })),
  /** Entries about left over objects that are in the log and not here: the objects themselves stand above. */
  furtherEntries: Count,
});

export const CertificateBody = z.strictObject({
  type: z.literal('quartermaster/deletion-certificate'),
  version: z.literal(1),
  workspace: Id,
  issuedAt: Time,
  deletion: z.strictObject({
    id: Id,
    orderedBy: Id,
    whenDown: z.enum(['wait', 'without_unreachable', 'best_effort']),
    review: z.boolean(),
    startedAt: Time,
    firstRemovalAt: Time.nullable(),
    finishedAt: Time,
  }),
  subject: z.strictObject({
    userId: Id,
    /** HMAC-SHA256 of the mail address (NFC, case folded, UTF-8) under `key`: it can be checked, and not read. */
    hmac: SHA256_HEX,
    key: SHA256_HEX,
  }),
  plan: z.strictObject({ hash: SHA256_HEX, content: PlanContent }),
  totals: z.strictObject({
    planned: Count,
    found: Count,
    removed: Count,
    removedBytes: Bytes,
    absent: Count,
    leftovers: Count,
    leftoverBytes: Bytes,
    kept: Count,
  }),
  backends: z.array(CertifiedBackend),
  leftovers: z.array(CertifiedLeftover),
  credentials: z.strictObject({
    connections: z.array(
      z.strictObject({
        id: z.string(),
        provider: z.string(),
        grant: z.enum(['revoked', 'not_offered', 'still_in_use', 'failed']),
      }),
    ),
    purgedAt: Time.nullable(),
    /** Copies of the workspace that the console had made on this machine, destroyed. */
    destroyedCopies: z.array(z.string()),
  }),
  doesNotSay: z.array(z.string()),
  evidence: Evidence,
});
export type CertificateBody = z.infer<typeof CertificateBody>;

/** What became of leftovers of the platform's store that were tried again after the certificate. */
export const AddendumBody = z.strictObject({
  type: z.literal('quartermaster/deletion-addendum'),
  version: z.literal(1),
  workspace: Id,
  issuedAt: Time,
  deletionId: Id,
  /** Hash of the certificate that this belongs to. */
  certificate: SHA256_HEX,
  number: z.int().min(1),
  resolved: z.array(
    z.strictObject({
      backend: z.string(),
      kind: Kind,
      key: z.string(),
      versionId: z.string().nullable(),
      bytes: Bytes,
      as: z.enum(['removed', 'absent']),
      at: Time,
    }),
  ),
  remaining: Count,
  evidence: Evidence,
});
export type AddendumBody = z.infer<typeof AddendumBody>;

export const Signature = z.strictObject({
  algorithm: z.literal('Ed25519'),
  /** The 32 bytes of the public key, base64. */
  key: z.string(),
  fingerprint: SHA256_HEX,
  value: z.string(),
});
export type Signature = z.infer<typeof Signature>;

export interface Signed<Body> {
  readonly certificate: Body;
  /** SHA-256 over the canonical JSON of the body. */
  readonly hash: string;
  readonly signature: Signature;
}

export type Sign = (
  message: Uint8Array,
) => Promise<{ signature: Uint8Array; publicKey: Uint8Array; fingerprint: string }>;

/** Signs a body with the log's key: Ed25519 over the domain and the body's canonical bytes. */
export async function signBody<Body extends CertificateBody | AddendumBody>(
  body: Body,
  sign: Sign,
): Promise<Signed<Body>> {
  const text = canonical(body);
  const { signature, publicKey, fingerprint } = await sign(Buffer.from(SIGNATURE_DOMAIN + text, 'utf8'));
  return {
    certificate: body,
    hash: sha256(text),
    signature: {
      algorithm: 'Ed25519',
      key: Buffer.from(publicKey).toString('base64'),
      fingerprint,
      value: Buffer.from(signature).toString('base64'),
    },
  };
}

/** How final a removal is at this kind of place, in honest words. */
export function meaningOf(finality: z.infer<typeof Finality>, kind: z.infer<typeof BackendKind>): string {
  switch (finality) {
    case 'final':
      if (kind === 'folder') return 'The files were removed from the folder of the built-in store.';
      return 'The server removed it and offers no way to have it back. Disks, snapshots and backups under the server are not seen from here.';
    case 'trash':
      return 'It went to the provider’s trash. The provider keeps it there for its own time, and nothing here shortens that.';
    case 'retained':
      return 'A lock or retention rule of the store keeps something until its date. What is kept is listed as left over.';
    case 'unknown':
      return 'The server took the removal and shows the objects no more. Whether it keeps copies or older versions it does not say.';
  }
}
