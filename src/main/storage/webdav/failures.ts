import { StorageError } from '../port.ts';
import type { DavAnswer } from './http-client.ts';

const OFFLINE = new Set([
  'ECONNREFUSED',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
  'ECONNABORTED',
]);

/** What went wrong on the way, as a failure that the caller can act on. Never the server's own words. */
export function explainTransport(error: unknown): StorageError {
  const { code = '' } = error as NodeJS.ErrnoException; // Only looked at; anything can be thrown.
  if (OFFLINE.has(code))
    return new StorageError('offline', `The server cannot be reached (${code}).`, { serverCode: code, cause: error });
  if (code.startsWith('HPE_'))
    return new StorageError('invalid_answer', 'What answers there does not speak HTTP.', {
      serverCode: code,
      cause: error,
    });
  if (/CERT|^ERR_TLS|^ERR_SSL|SELF_SIGNED|UNABLE_TO_/.test(code))
    return new StorageError('refused', `The server’s certificate is not trusted (${code}).`, {
      serverCode: code,
      cause: error,
    });
  return new StorageError('backend', `The connection to the server broke off${code ? ` (${code})` : ''}.`, {
    serverCode: code || null,
    cause: error,
  });
}

/** How long the server asks to wait: `Retry-After` in seconds or as a date (RFC 9110, section 10.2.3). */
export function retryAfterMs(value: string | null, now: number): number | null {
  if (value === null) return null;
  if (/^\d{1,9}$/.test(value.trim())) return Number(value) * 1000;
  const at = Date.parse(value);
  return Number.isNaN(at) ? null : Math.max(0, at - now);
}

/** A status that fails a whole call, about `what` (the root, a folder). */
export function explainStatus(answer: DavAnswer, what: string, now: number): StorageError {
  const { status } = answer;
  const details = { serverCode: String(status), retryAfterMs: retryAfterMs(answer.header('retry-after'), now) };
  answer.discard();
  if (status === 401)
    return new StorageError('reauthorise', 'The server does not take the user name and password (401).', details);
  if (status === 403) return new StorageError('refused', `The server does not let ${what} be read (403).`, details);
  if (status === 404 || status === 410)
    return new StorageError('refused', `The server has no ${what} (${status}).`, details);
  if (status === 405 || status === 501)
    return new StorageError(
      'refused',
      `The server offers no WebDAV at ${what} (${status}). Check the connection’s address.`,
      details,
    );
  if (status === 423) return new StorageError('backend', `The server says that ${what} is locked (423).`, details);
  if (status === 429 || status >= 500)
    return new StorageError('backend', `The server cannot do it now (${status}).`, details);
  if (status >= 300 && status < 400)
    return new StorageError(
      'refused',
      `The server sends ${what} to another address (${status}), which is not followed. Correct the connection’s address.`,
      details,
    );
  return new StorageError(
    'invalid_answer',
    `The server answers ${status} where WebDAV says 207. Check the connection’s address.`,
    details,
  );
}
