import type { Finality } from '../port.ts';
import type { S3Call, S3Connection } from './connection.ts';
import { explainRefusal, RefusedByServer } from './failures.ts';
import { Fields, readXml } from './read-xml.ts';

/** What a bucket does with what is removed from it. */
export interface BucketSettings {
  /** Enabled or suspended: in both, older versions may stand. */
  readonly versioning: 'enabled' | 'suspended' | 'off' | 'unknown';
  readonly hasObjectLock: boolean;
  /** Days or years that the bucket's default retention lays on everything new; null without. */
  readonly defaultRetention: string | null;
  readonly replicates: boolean;
}

/** Reads them. What the key may not read, or the server does not know, counts as unknown or absent; other failures throw. */
export async function readBucketSettings(
  connection: S3Connection,
  bucket: string,
  signal: AbortSignal | undefined,
): Promise<BucketSettings> {
  const ask = async (subresource: string, root: string): Promise<Fields | 'absent' | 'unknown'> => {
    const call: S3Call = {
      method: 'GET',
      bucket,
      query: { [subresource]: null },
      purpose: `read the settings of the bucket '${bucket}'`,
      maxBytes: 256 * 1024,
      signal,
      tries: 3,
    };
    try {
      return await connection.sendRaw(call, async (answer) => {
        const fields = new Fields();
        const seen = new Set<string>();
        const reader = {
          open() {},
          close(name: string, _depth: number, text: string) {
            if (seen.has(name)) return; // Rules may repeat; the first is enough for a sentence.
            seen.add(name);
            fields.set(name, text);
          },
        };
        await readXml(answer.body, root, reader, { maxElements: 5000, maxDepth: 12, maxTextLength: 4096 });
        return fields;
      });
    } catch (error) {
      if (!(error instanceof RefusedByServer)) throw error;
      const { status, code } = error.refusal;
      if (code === 'NoSuchBucket') throw explainRefusal(error.refusal, call.purpose);
      if (code === 'AccessDenied') return 'unknown';
      // 404 with the subresource's own code, or a server that does not have it.
      if (status === 404 || status === 405 || status === 501 || code === 'NotImplemented') return 'absent';
      throw explainRefusal(error.refusal, call.purpose);
    }
  };
  const [versioning, lock, replication] = await Promise.all([
    ask('versioning', 'VersioningConfiguration'),
    ask('object-lock', 'ObjectLockConfiguration'),
    ask('replication', 'ReplicationConfiguration'),
  ]);
  const hasObjectLock = typeof lock === 'object' && lock.text('ObjectLockEnabled') === 'Enabled';
  const days = typeof lock === 'object' ? lock.text('Days') : null;
  const years = typeof lock === 'object' ? lock.text('Years') : null;
  return {
    versioning: versioningOf(versioning),
    hasObjectLock,
    defaultRetention: days ? `${days} days` : years ? `${years} years` : null,
    replicates: typeof replication === 'object',
  };
}

function versioningOf(answer: Fields | 'absent' | 'unknown'): BucketSettings['versioning'] {
  if (answer === 'unknown') return 'unknown';
  if (answer === 'absent') return 'off';
  const status = answer.text('Status');
  return status === 'Enabled' ? 'enabled' : status === 'Suspended' ? 'suspended' : 'off';
}

/** How final a removal is, and what a plan and a certificate have to say about it. Never more than the server shows. */
export function finalityOf(
  settings: BucketSettings,
  server: string | null,
): { finality: Finality; note: string | null } {
  const notes: string[] = [];
  if (settings.defaultRetention !== null) {
    notes.push(
      `The bucket's default retention (${settings.defaultRetention}) protects new objects; what it protects stays until its date.`,
    );
  } else if (settings.hasObjectLock) notes.push('The bucket has object lock; what is locked stays until its date.');
  if (settings.replicates) notes.push('The bucket replicates to another place, which a removal here may not reach.');
  if (settings.versioning === 'unknown') notes.push('The access key may not read whether the bucket keeps versions.');
  if (server === 'MinIO') {
    notes.push(
      "Unfinished uploads on unrecorded keys from before the server's last start cannot be seen; the server drops them after its own expiry (24 hours unless set).",
    );
  }
  const finality: Finality =
    settings.replicates || settings.versioning === 'unknown'
      ? 'unknown'
      : settings.defaultRetention !== null
        ? 'retained'
        : 'final';
  return { finality, note: notes.length === 0 ? null : notes.join(' ') };
}
