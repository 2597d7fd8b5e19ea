import { createHash } from 'node:crypto';
import type { IncomingHttpHeaders, IncomingMessage } from 'node:http';
import { Client } from 'minio';
import { revealSecret, type Secret } from '../../secret.ts';
import { StorageError } from '../port.ts';
import { readErrorAnswer } from './error-answer.ts';
import { explainNetworkError, explainRefusal, RefusedByServer } from './failures.ts';
import { DEFAULT_TIMEOUTS, type Timeouts, Transport } from './transport.ts';

/** Where an S3 server is and how to sign for it. */
export interface S3Config {
  /** `http(s)://host[:port]`. */
  readonly endpoint: string;
  readonly region: string;
  readonly pathStyle: boolean;
  /** PEM of the server's own certificate authority, trusted besides the usual ones. */
  readonly authorityPem: string | null;
  readonly accessKey: string;
  readonly secretKey: Secret;
}

export interface S3Call {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'DELETE';
  readonly bucket: string | null;
  readonly key?: string;
  /** Parameter names and plain values; encoded here. A null value is a sub-resource without one. */
  readonly query?: Readonly<Record<string, string | null>>;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
  /** What it does, to say in a refusal: "list the bucket 'docs'". */
  readonly purpose: string;
  /** Bytes that the answer may have. */
  readonly maxBytes: number;
  readonly signal?: AbortSignal | undefined;
  readonly timeouts?: Timeouts;
  /** Tries in all when the server is down, slow or overloaded; only for calls that may be repeated. */
  readonly tries?: number;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  /** The body, within `maxBytes`. */
  readonly body: AsyncIterable<Uint8Array>;
}

export interface S3Connection {
  /** Host and port, for sentences. */
  readonly host: string;
  /** The `Server` header of the newest answer: `MinIO`, `AmazonS3`, `VERSITYGW`. */
  readonly server: string | null;
  /** How far the server's clock was ahead of ours at the newest answer, in milliseconds. */
  readonly clockSkewMs: number | null;
  /** One exchange. Throws `StorageError`. */
  send<Result>(call: S3Call, read: (answer: S3Answer) => Promise<Result>): Promise<Result>;
  /** As `send`, but what the server refuses is thrown as `RefusedByServer`, so that the caller can look at its code. */
  sendRaw<Result>(call: S3Call, read: (answer: S3Answer) => Promise<Result>): Promise<Result>;
  /** The body as it comes, for a download. The caller must read it to its end or destroy it. */
  open(call: S3Call): Promise<IncomingMessage>;
  close(): void;
}

/**
 * MinIO deletes the bucket on `DELETE /bucket?unknown`, and an object on `DELETE /bucket/key?unknown`: nothing but these
 * is ever sent. Names of parameters by method, for a bucket and for a key.
 */
const ALLOWED: Readonly<Record<string, readonly string[]>> = {
  'GET service': [],
  'GET bucket': [
    ...['list-type', 'versions', 'uploads', 'encoding-type', 'prefix', 'max-keys', 'max-uploads', 'start-after'],
    ...['continuation-token', 'key-marker', 'version-id-marker', 'upload-id-marker'],
    ...['versioning', 'object-lock', 'replication', 'location'],
  ],
  'HEAD bucket': [],
  'POST bucket': ['delete'],
  'GET key': ['versionId', 'retention', 'legal-hold'],
  'HEAD key': ['versionId'],
  'DELETE key': ['versionId', 'uploadId'],
};

function checkCall(call: S3Call): void {
  const scope = call.bucket === null ? 'service' : call.key === undefined ? 'bucket' : 'key';
  const allowed = ALLOWED[`${call.method} ${scope}`];
  const names = Object.keys(call.query ?? {});
  if (!allowed || names.some((name) => !allowed.includes(name)) || call.bucket === '' || call.key === '') {
    throw new StorageError('unsafe', `A request that could remove a bucket was not sent: ${call.method} ${scope}.`);
  }
}

function encode(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** Statuses that end as an answer in minio; every other one is turned into an error before minio sees it. */
const SUCCESS = [200, 204, 206];

export function connectS3(
  config: S3Config,
  options: { timeouts?: Timeouts; maxSockets?: number; clock?: () => number } = {},
): S3Connection {
  const endpoint = new URL(config.endpoint);
  const transport = new Transport(endpoint, config.authorityPem, options.maxSockets ?? 16);
  const clock = options.clock ?? Date.now;
  let server: string | null = null;
  let clockSkewMs: number | null = null;

  const client = new Client({
    endPoint: endpoint.hostname.replace(/^\[|\]$/g, ''),
    port: Number(endpoint.port) || (endpoint.protocol === 'https:' ? 443 : 80),
    useSSL: endpoint.protocol === 'https:',
    accessKey: config.accessKey,
    secretKey: revealSecret(config.secretKey, 'signing requests to the storage server'),
    // Always set: otherwise minio asks the server for the bucket's region first.
    region: config.region,
    pathStyle: config.pathStyle,
    transportAgent: transport.agent,
    retryOptions: { disableRetry: true },
    transport: {
      // minio reads bodies of errors without a limit and loses the code of a 503. So it is given successes alone.
      request: ((requestOptions: object, answered: (response: IncomingMessage) => void) => {
        const request = transport.request(requestOptions, (response) => {
          note(response);
          const status = response.statusCode ?? 0;
          if (SUCCESS.includes(status)) {
            answered(response);
            return;
          }
          readErrorAnswer(status, response.headers, limited(response, 256 * 1024)).then(
            (refusal) => request.emit('error', new RefusedByServer(refusal, response.headers)),
            (error: unknown) => request.emit('error', error),
          );
        });
        return request;
      }) as never, // minio's type is all overloads of http.request; it calls this one alone.
    },
  });

  const note = (response: IncomingMessage): void => {
    const name = response.headers.server;
    if (typeof name === 'string') server = name.slice(0, 100);
    const date = Date.parse(response.headers.date ?? '');
    if (Number.isNaN(date)) return;
    const ahead = date - clock();
    // The header has whole seconds: less than that is no difference.
    clockSkewMs = Math.abs(ahead) <= 1000 ? 0 : ahead;
  };

  const request = async (call: S3Call): Promise<IncomingMessage> => {
    checkCall(call);
    const query = Object.entries(call.query ?? {})
      .map(([name, value]) => (value === null ? name : `${name}=${encode(value)}`))
      .join('&');
    const headers: Record<string, string> = { ...call.headers };
    const body = Buffer.from(call.body ?? '', 'utf8');
    if (call.method === 'POST') headers['content-md5'] = createHash('md5').update(body).digest('base64');
    return await client.makeRequestAsync(
      {
        method: call.method,
        headers,
        query,
        ...(call.bucket === null ? {} : { bucketName: call.bucket }),
        ...(call.key === undefined ? {} : { objectName: call.key }),
      },
      body,
      SUCCESS,
      config.region,
    );
  };

  const exchange = async <Result>(call: S3Call, read: (answer: S3Answer) => Promise<Result>): Promise<Result> =>
    await transport.run(call.timeouts ?? options.timeouts ?? DEFAULT_TIMEOUTS, call.signal, async () => {
      const response = await request(call);
      try {
        const result = await read({
          status: response.statusCode ?? 0,
          headers: response.headers,
          body: limited(response, call.maxBytes),
        });
        if (!response.readableEnded) for await (const _ of limited(response, call.maxBytes));
        return result;
      } catch (error) {
        response.destroy();
        throw error;
      }
    });

  const sendRaw = async <Result>(call: S3Call, read: (answer: S3Answer) => Promise<Result>): Promise<Result> => {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await exchange(call, read);
      } catch (error) {
        if (call.signal?.aborted) throw error;
        // Every call of the list above is idempotent, so one more try over a fresh socket is always safe.
        if (attempt === 1 && Transport.wasStaleSocket(error)) continue;
        const waitMs = pauseBefore(error, attempt, call.tries ?? 1);
        if (waitMs === null) throw error;
        await pause(waitMs, call.signal);
      }
    }
  };

  return {
    host: endpoint.host,
    get server() {
      return server;
    },
    get clockSkewMs() {
      return clockSkewMs;
    },
    sendRaw,
    async send(call, read) {
      try {
        return await sendRaw(call, read);
      } catch (error) {
        throw error instanceof RefusedByServer ? explainRefusal(error.refusal, call.purpose) : error;
      }
    },
    async open(call) {
      const limits = { ...(call.timeouts ?? options.timeouts ?? DEFAULT_TIMEOUTS), totalMs: null };
      try {
        const response = await transport.run(limits, call.signal, async () => await request(call));
        const abort = (): void => {
          response.destroy(new StorageError('aborted', 'The download was cancelled.'));
        };
        call.signal?.addEventListener('abort', abort, { once: true });
        response.once('close', () => call.signal?.removeEventListener('abort', abort));
        return response;
      } catch (error) {
        if (error instanceof RefusedByServer) throw explainRefusal(error.refusal, call.purpose);
        throw explainNetworkError(error, endpoint.host);
      }
    },
    close() {
      transport.close();
    },
  };
}

/** The body, cut off with a failure after so many bytes. */
async function* limited(response: IncomingMessage, maxBytes: number): AsyncGenerator<Uint8Array> {
  let seen = 0;
  for await (const chunk of response as AsyncIterable<Buffer>) {
    seen += chunk.length;
    if (seen > maxBytes) {
      response.destroy();
      throw new StorageError('invalid_answer', "The storage server's answer is larger than any that is right.");
    }
    yield chunk;
  }
}

/** How long to wait before a further try, or null where there is none. The server's own wish counts, up to 5 s. */
function pauseBefore(error: unknown, attempt: number, tries: number): number | null {
  if (attempt >= tries) return null;
  const failure = error instanceof RefusedByServer ? explainRefusal(error.refusal, '') : error;
  if (!(failure instanceof StorageError) || (failure.failure !== 'backend' && failure.failure !== 'offline'))
    return null;
  const own = 250 * 4 ** (attempt - 1);
  return Math.min(Math.max(own, failure.retryAfterMs ?? 0), 5_000);
}

function pause(ms: number, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const abort = (): void => {
      clearTimeout(timer);
      reject(new StorageError('aborted', 'The call was cancelled.'));
    };
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', abort);
      resolve();
    }, ms);
    signal?.addEventListener('abort', abort, { once: true });
  });
}
