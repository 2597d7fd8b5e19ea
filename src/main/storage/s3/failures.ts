import type { IncomingHttpHeaders } from 'node:http';
import { StorageError, type StorageFailure } from '../port.ts';

/** What an S3 server said when it did not do what was asked. */
export interface S3Refusal {
  readonly status: number;
  /** `NoSuchKey`, `SlowDown`; empty where the answer had no body that says so (every HEAD). */
  readonly code: string;
  readonly message: string;
  /** The region that the server wants, where it says. */
  readonly region: string | null;
  readonly retryAfterMs: number | null;
}

/** The server did not do what was asked; the caller may know what that means (`NoSuchKey`). */
export class RefusedByServer extends Error {
  override readonly name = 'RefusedByServer';
  readonly refusal: S3Refusal;
  readonly headers: IncomingHttpHeaders;

  constructor(refusal: S3Refusal, headers: IncomingHttpHeaders) {
    super(`${refusal.status} ${refusal.code}`);
    this.refusal = refusal;
    this.headers = headers;
  }
}

/** Codes that mean: these credentials do not work. */
const CREDENTIALS = new Set([
  'InvalidAccessKeyId',
  'SignatureDoesNotMatch',
  'ExpiredToken',
  'InvalidToken',
  'TokenRefreshRequired',
  'AccountProblem',
  'InvalidClientTokenId',
]);

/** Codes that pass by themselves, whatever status they come with. */
const PASSING = new Set([
  'SlowDown',
  'SlowDownRead',
  'SlowDownWrite',
  'ServiceUnavailable',
  'InternalError',
  'RequestTimeout',
  'Throttling',
  'ThrottlingException',
  'TooManyRequests',
  'XMinioServerNotInitialized',
  'ServerNotInitialized',
  'XMinioBackendDown',
  'XMinioStorageFull',
]);

/** Whether a removal that failed with this code can go through later. */
export function mayPass(code: string, status: number): boolean {
  if (PASSING.has(code)) return true;
  if (code === '') return status >= 500 || status === 429 || status === 408;
  return ![
    'AccessDenied',
    'InvalidRequest',
    'InvalidArgument',
    'MethodNotAllowed',
    'NotImplemented',
    'MalformedXML',
  ].includes(code);
}

/** A whole call that the server refused, in words. `what` is what was asked: "list the bucket 'docs'". */
export function explainRefusal(refusal: S3Refusal, what: string): StorageError {
  const { status, code } = refusal;
  const named = code === '' ? `HTTP ${status}` : code;
  const details = { serverCode: code === '' ? String(status) : code, retryAfterMs: refusal.retryAfterMs };
  const fail = (failure: StorageFailure, sentence: string): StorageError =>
    new StorageError(failure, sentence, details);
  if (PASSING.has(code) || status === 429 || status === 408 || (status >= 500 && status !== 501)) {
    return fail('backend', `The storage server could not ${what} now (${named}). It may work again later.`);
  }
  if (CREDENTIALS.has(code) || status === 401) {
    return fail(
      'reauthorise',
      `The storage server does not accept the access key (${named}). Give it a key that works.`,
    );
  }
  if (code === 'RequestTimeTooSkewed') {
    return fail(
      'refused',
      'The clocks of this machine and the storage server differ too much. Set the one that is wrong.',
    );
  }
  if (
    code === 'AuthorizationHeaderMalformed' ||
    code === 'AuthorizationQueryParametersError' ||
    code === 'IncorrectEndpoint'
  ) {
    const wanted = refusal.region ? ` It wants '${refusal.region}'.` : '';
    return fail(
      'refused',
      `The storage server is in another region than its profile says.${wanted} Correct the profile.`,
    );
  }
  if (code === 'NoSuchBucket') return fail('refused', `The bucket is not there: the storage server could not ${what}.`);
  if (status >= 300 && status < 400) {
    return fail(
      'refused',
      `The storage server sends elsewhere (${status}), and that is not followed. Correct the endpoint or region.`,
    );
  }
  if (code === 'AccessDenied' || status === 403) {
    return fail('refused', `The access key may not ${what} (${named}). Give it the right to, or another key.`);
  }
  return fail('refused', `The storage server refused to ${what} (${named}).`);
}

const NETWORK = new Set([
  'ECONNREFUSED',
  'ECONNRESET',
  'ECONNABORTED',
  'EPIPE',
  'ENOTFOUND',
  'EAI_AGAIN',
  'EHOSTUNREACH',
  'EHOSTDOWN',
  'ENETUNREACH',
  'ENETDOWN',
  'ETIMEDOUT',
  'EADDRNOTAVAIL',
]);

/** OpenSSL's verdicts as Node names them: `CERT_HAS_EXPIRED`, `UNABLE_TO_VERIFY_LEAF_SIGNATURE`, `HOSTNAME_MISMATCH`. */
const CERTIFICATE = /CERT|^UNABLE_TO_|^ERR_TLS|^ERR_SSL|^EPROTO$|HOSTNAME_MISMATCH/;

/** Whether a failure's code says that the server's certificate was not trusted. */
export function isCertificateCode(code: string | null): boolean {
  return code !== null && CERTIFICATE.test(code);
}

/**
 * An error of Node's network code as a failure: nothing answered, an untrusted certificate, or bytes that are not HTTP.
 * What is none of these (a mistake of ours, a failure that has its words) comes back unchanged.
 */
export function explainNetworkError(error: unknown, host: string): unknown {
  const code = codeOf(error);
  if (error instanceof StorageError || error instanceof RefusedByServer || code === null) return error;
  const details = { serverCode: code, cause: error };
  if (NETWORK.has(code) || code === 'ERR_STREAM_PREMATURE_CLOSE') {
    return new StorageError(
      'offline',
      `Nothing answers at ${host} (${code}). Check the network and whether the server runs.`,
      details,
    );
  }
  if (isCertificateCode(code)) {
    return new StorageError(
      'refused',
      `The certificate of ${host} is not trusted (${code}). If it is right, give the profile its certificate authority.`,
      details,
    );
  }
  if (code.startsWith('HPE_')) {
    return new StorageError('invalid_answer', `What ${host} answered is not HTTP (${code}).`, details);
  }
  return code.startsWith('ERR_')
    ? error
    : new StorageError('offline', `The connection to ${host} failed (${code}).`, details);
}

export function codeOf(error: unknown): string | null {
  return typeof error === 'object' && error !== null && 'code' in error && typeof error.code === 'string'
    ? error.code
    : null;
}
