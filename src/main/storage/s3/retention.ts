import type { ObjectRef } from '../port.ts';
import type { S3Call, S3Connection } from './connection.ts';
import { RefusedByServer } from './failures.ts';
import { isPathSafe } from './path-safety.ts';
import { Fields, readXml } from './read-xml.ts';

export interface Retention {
  /** Milliseconds since 1970 UTC; null for a legal hold, which ends when somebody lifts it. */
  readonly until: number | null;
  readonly reason: string;
}

/**
 * Retention of one version as the server has it. `not-told`: the bucket has no object lock, or this key may not ask; the
 * same for every other version. Null: nothing holds this one.
 */
export async function retentionOf(
  connection: S3Connection,
  bucket: string,
  ref: ObjectRef,
  signal: AbortSignal | undefined,
): Promise<Retention | 'not-told' | null> {
  if (!isPathSafe(ref.key)) return null;
  const ask = async (what: 'retention' | 'legal-hold', root: string): Promise<Fields | 'not-told' | null> => {
    const call: S3Call = {
      method: 'GET',
      bucket,
      key: ref.key,
      query: { [what]: null, ...(ref.versionId === null ? {} : { versionId: ref.versionId }) },
      purpose: `read the ${what} of an object`,
      maxBytes: 64 * 1024,
      signal,
    };
    try {
      return await connection.sendRaw(call, async (answer) => {
        const fields = new Fields();
        const reader = {
          open() {},
          close(name: string, depth: number, text: string) {
            if (depth === 2) fields.set(name, text);
          },
        };
        await readXml(answer.body, root, reader, { maxElements: 20, maxDepth: 4, maxTextLength: 200 });
        return fields;
      });
    } catch (error) {
      if (!(error instanceof RefusedByServer)) throw error;
      const { code, message } = error.refusal;
      // MinIO and AWS: InvalidRequest "Bucket is missing ObjectLockConfiguration".
      const hasNoLock = code === 'InvalidRequest' && /ObjectLockConfiguration/i.test(message);
      return hasNoLock || code === 'AccessDenied' || code === 'NotImplemented' ? 'not-told' : null;
    }
  };
  const hold = await ask('legal-hold', 'LegalHold');
  if (hold === 'not-told') return 'not-told';
  if (hold?.text('Status') === 'ON')
    return { until: null, reason: 'A legal hold is on it; it stays until somebody lifts the hold.' };
  const retention = await ask('retention', 'Retention');
  if (retention === 'not-told' || retention === null) return retention;
  const until = retention.time('RetainUntilDate');
  if (until === null) return null;
  const mode = retention.text('Mode')?.toLowerCase() === 'governance' ? 'Governance' : 'Compliance';
  return { until, reason: `${mode} retention holds it until ${new Date(until).toISOString()}.` };
}
