import type { IncomingHttpHeaders } from 'node:http';
import { RefusedByServer, type S3Refusal } from './failures.ts';
import { readXml } from './read-xml.ts';

/** Reads `<Error>` of an answer that is not a success. What is not such a document gives the status alone. */
export async function readErrorAnswer(
  status: number,
  headers: IncomingHttpHeaders,
  body: AsyncIterable<Uint8Array>,
): Promise<S3Refusal> {
  let said: S3Refusal | null = null;
  try {
    // An error is the one document whose root is `Error`: reading anything else as a list finds it the same way.
    await readXml(body, '', { open() {}, close() {} }, { maxElements: 100, maxDepth: 8, maxTextLength: 10_000 });
  } catch (error) {
    // Anything but such a document is a proxy's page, or the answer to a HEAD: then the status has to do.
    if (error instanceof RefusedByServer) said = error.refusal;
  }
  const fromHeader = headers['x-minio-error-code']; // MinIO says it there for a HEAD.
  return {
    status,
    code: said?.code || (typeof fromHeader === 'string' ? fromHeader : ''),
    message: said?.message ?? '',
    region: said?.region ?? headerText(headers['x-amz-bucket-region']),
    retryAfterMs: retryAfter(headers['retry-after']),
  };
}

function headerText(value: string | string[] | undefined): string | null {
  return typeof value === 'string' && value !== '' ? value : null;
}

/** Seconds as RFC 9110 section 10.2.3 has them; a date there is left aside. At most an hour. */
function retryAfter(value: string | undefined): number | null {
  return value !== undefined && /^\d{1,6}$/.test(value) ? Math.min(Number(value) * 1000, 3_600_000) : null;
}
