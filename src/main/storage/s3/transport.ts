import { AsyncLocalStorage } from 'node:async_hooks';
import * as http from 'node:http';
import * as https from 'node:https';
import { getCACertificates } from 'node:tls';
import { StorageError } from '../port.ts';
import { codeOf, explainNetworkError } from './failures.ts';

/** How long one request may take, in milliseconds. */
export interface Timeouts {
  /** Without a single byte in either direction. */
  readonly idleMs: number;
  /** Altogether, the answer's body included; null for a download, which may be long. */
  readonly totalMs: number | null;
}

export const DEFAULT_TIMEOUTS: Timeouts = { idleMs: 30_000, totalMs: 120_000 };

interface Watch {
  readonly idleMs: number;
  readonly onRequest: (request: http.ClientRequest) => void;
}

/** Drop an idle socket before the server does: MinIO closes its own after 30 s without a word. */
const FREE_SOCKET_MS = 20_000;

/**
 * minio's client has neither time limits nor abort, and takes a `transport` of its own. This one ends a request by
 * idle time, total time and signal, never follows a redirect (Node's http does not), and answers what failed as a
 * `StorageError`.
 */
export class Transport {
  readonly agent: http.Agent;
  readonly #secure: boolean;
  readonly #host: string;
  readonly #watches = new AsyncLocalStorage<Watch>();

  constructor(endpoint: URL, authorityPem: string | null, maxSockets: number) {
    this.#secure = endpoint.protocol === 'https:';
    this.#host = endpoint.host;
    const options = { keepAlive: true, maxSockets, timeout: FREE_SOCKET_MS, scheduling: 'lifo' as const };
    this.agent = this.#secure
      ? new https.Agent({
          ...options,
          ...(authorityPem === null ? {} : { ca: [...getCACertificates('default'), authorityPem] }),
        })
      : new http.Agent(options);
  }

  /** What minio calls. */
  request = (options: http.RequestOptions, answered: (response: http.IncomingMessage) => void): http.ClientRequest => {
    const watch = this.#watches.getStore();
    const request = (this.#secure ? https : http).request(options, answered);
    // A file that ends in `=` or an early close must not look like a good, short answer: Node says `aborted` for it.
    request.setTimeout(watch?.idleMs ?? DEFAULT_TIMEOUTS.idleMs, () => {
      request.destroy(new StorageError('backend', `${this.#host} was silent for too long.`, { serverCode: 'timeout' }));
    });
    watch?.onRequest(request);
    return request;
  };

  /**
   * Runs one exchange, from the request to the last byte read, under its time limits and signal. `exchange` must read
   * the whole body or leave it: what is left unread is cut off.
   */
  async run<Result>(
    limits: Timeouts,
    signal: AbortSignal | undefined,
    exchange: () => Promise<Result>,
  ): Promise<Result> {
    if (signal?.aborted) throw new StorageError('aborted', 'The call was cancelled before it began.');
    let request: http.ClientRequest | null = null;
    let ended: StorageError | null = null;
    let reject: (error: StorageError) => void = () => {};
    const cut = new Promise<never>((_, fail) => {
      reject = fail;
    });
    // It may lose the race after somebody else has already answered.
    cut.catch(() => {});
    const end = (error: StorageError): void => {
      ended ??= error;
      request?.destroy(ended);
      reject(ended);
    };
    const abort = (): void => end(new StorageError('aborted', 'The call was cancelled.'));
    signal?.addEventListener('abort', abort, { once: true });
    const timer =
      limits.totalMs === null
        ? null
        : setTimeout(
            () => end(new StorageError('backend', `${this.#host} took too long to answer.`, { serverCode: 'timeout' })),
            limits.totalMs,
          );
    const watch: Watch = {
      idleMs: limits.idleMs,
      onRequest: (made) => {
        request = made;
        if (ended) made.destroy(ended);
      },
    };
    try {
      return await Promise.race([this.#watches.run(watch, exchange), cut]);
    } catch (error) {
      throw ended ?? explainNetworkError(error, this.#host);
    } finally {
      if (timer) clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
    }
  }

  /** Whether a request failed only because its kept socket had been closed meanwhile: safe to send again if idempotent. */
  static wasStaleSocket(error: unknown): boolean {
    const cause = error instanceof StorageError ? error.cause : error;
    return codeOf(cause) === 'ECONNRESET' || codeOf(cause) === 'EPIPE';
  }

  close(): void {
    this.agent.destroy();
  }
}
