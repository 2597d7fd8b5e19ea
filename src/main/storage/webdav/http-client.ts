import { Agent as HttpAgent, request as httpRequest, type IncomingMessage, type OutgoingHttpHeaders } from 'node:http';
import { Agent as HttpsAgent, request as httpsRequest } from 'node:https';
import type { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { plural } from '../../../contract/figures.ts';
import { revealSecret, type Secret } from '../../secret.ts';
import { StorageError } from '../port.ts';
import { explainTransport } from './failures.ts';
import { toRequestPath } from './key-path.ts';
import type { WebDavLimits } from './limits.ts';

export interface DavCall {
  readonly method: string;
  /** Percent-encoded, from the origin's root; sent as it is. */
  readonly path: string;
  readonly headers?: OutgoingHttpHeaders;
  readonly body?: string | { readonly stream: Readable; readonly size: number };
  /** A document's transfer has no limit on its whole time or size. */
  readonly transfer?: boolean;
  readonly signal?: AbortSignal | undefined;
}

export interface DavAnswer {
  readonly status: number;
  header(name: string): string | null;
  /** The body, within the limits. Must be read or discarded. */
  readonly body: AsyncIterable<Buffer>;
  /** The raw stream, for a document's content. */
  readonly stream: Readable;
  discard(): void;
}

/**
 * HTTP for one account on one origin. The password goes to that origin and nowhere else: redirects are not followed here,
 * and an absolute address cannot be asked for. Answers are not decompressed.
 */
export class DavHttp {
  readonly origin: string;
  readonly #url: URL;
  readonly #authorization: () => string;
  readonly #limits: WebDavLimits;
  readonly #agent: HttpAgent | HttpsAgent;

  constructor(url: URL, username: string, password: Secret, limits: WebDavLimits) {
    this.origin = url.origin;
    this.#url = url;
    this.#limits = limits;
    this.#authorization = () => {
      const credentials = `${username}:${revealSecret(password, 'basic auth to the connection’s own origin')}`;
      return `Basic ${Buffer.from(credentials, 'utf8').toString('base64')}`;
    };
    const options = { keepAlive: true, maxSockets: limits.concurrency + 2, timeout: limits.idleTimeoutMs };
    this.#agent = url.protocol === 'https:' ? new HttpsAgent(options) : new HttpAgent(options);
  }

  close(): void {
    this.#agent.destroy();
  }

  /** Sends one request. Rejects with `StorageError`; any status is an answer. */
  async call(call: DavCall): Promise<DavAnswer> {
    const first = new Exchange(call, this.#limits);
    try {
      return await this.#send(call, first);
    } catch (error) {
      // A server may close a kept connection in the moment of its next use; nothing of the request was seen then.
      if (!first.wasClosedWhileIdle || typeof call.body === 'object') throw first.explain(error);
    }
    const second = new Exchange(call, this.#limits);
    try {
      return await this.#send(call, second);
    } catch (error) {
      throw second.explain(error);
    }
  }

  async #send(call: DavCall, exchange: Exchange): Promise<DavAnswer> {
    exchange.signal.throwIfAborted();
    const send = this.#url.protocol === 'https:' ? httpsRequest : httpRequest;
    const length = call.body === undefined ? {} : { 'Content-Length': sizeOf(call.body) };
    const request = send({
      protocol: this.#url.protocol,
      // Node wants an IPv6 address without its brackets.
      hostname: this.#url.hostname.replace(/^\[|\]$/g, ''),
      port: this.#url.port,
      method: call.method,
      path: toRequestPath(call.path),
      agent: this.#agent,
      headers: {
        Authorization: this.#authorization(),
        'User-Agent': 'Quartermaster',
        Accept: '*/*',
        ...length,
        ...call.headers,
      },
      signal: exchange.signal,
      timeout: this.#limits.idleTimeoutMs,
    });
    request.on('timeout', () => {
      exchange.wasSilent = true;
      request.destroy();
    });
    const answered = new Promise<IncomingMessage>((resolve, reject) => {
      request.once('response', resolve);
      request.on('error', (error: NodeJS.ErrnoException) => {
        exchange.wasClosedWhileIdle = request.reusedSocket && (error.code === 'ECONNRESET' || error.code === 'EPIPE');
        reject(error);
      });
      // After a switch of protocols there is neither an answer nor an error.
      request.once('close', () => reject(new Error('the connection was closed without an answer')));
    });
    if (typeof call.body === 'object') {
      // Its failure is the request's own; a source that fails ends the request through the pipeline.
      pipeline(call.body.stream, request).catch((error) => request.destroy(error));
    } else request.end(call.body);
    return this.#answer(await answered, exchange);
  }

  #answer(message: IncomingMessage, exchange: Exchange): DavAnswer {
    const encoding = message.headers['content-encoding'];
    if (encoding !== undefined && encoding !== 'identity') {
      message.destroy();
      throw new StorageError('invalid_answer', 'The server compresses its answer although it was not asked to.');
    }
    const { maxAnswerBytes } = this.#limits;
    async function* bounded(): AsyncGenerator<Buffer> {
      let bytes = 0;
      try {
        for await (const chunk of message) {
          bytes += chunk.length;
          if (bytes > maxAnswerBytes)
            throw new StorageError(
              'invalid_answer',
              `The server’s answer is longer than ${plural(maxAnswerBytes, 'byte')}.`,
            );
          yield chunk;
        }
      } catch (error) {
        throw exchange.explain(error);
      } finally {
        message.destroy();
      }
    }
    // Without a listener an answer that breaks off before anybody reads it would end the process.
    message.on('error', () => undefined);
    return {
      status: message.statusCode ?? 0,
      header: (name) => {
        const value = message.headers[name.toLowerCase()];
        return typeof value === 'string' ? value : (value?.[0] ?? null);
      },
      body: bounded(),
      stream: message,
      discard: () => discard(message),
    };
  }
}

/** One request and its answer: who ended it, which Node's own errors do not tell once the answer has begun. */
class Exchange {
  readonly signal: AbortSignal;
  readonly #caller: AbortSignal | undefined;
  readonly #deadline: AbortSignal | undefined;
  wasSilent = false;
  wasClosedWhileIdle = false;

  constructor(call: DavCall, limits: WebDavLimits) {
    this.#caller = call.signal;
    this.#deadline = call.transfer ? undefined : AbortSignal.timeout(limits.answerTimeoutMs);
    this.signal = AbortSignal.any([this.#caller, this.#deadline].filter((signal) => signal !== undefined));
  }

  explain(error: unknown): StorageError {
    if (error instanceof StorageError) return error;
    if (this.#caller?.aborted) return new StorageError('aborted', 'The call was stopped.', { cause: error });
    const timeout = { serverCode: 'timeout', cause: error };
    if (this.wasSilent) return new StorageError('backend', 'The server did not answer in time.', timeout);
    if (this.#deadline?.aborted) return new StorageError('backend', 'The server’s answer took too long.', timeout);
    return explainTransport(error);
  }
}

/** Lets a short rest pass, so that the connection can be used again; ends it where the rest is long. */
function discard(message: IncomingMessage): void {
  let rest = 64 * 1024;
  message.on('data', (chunk: Buffer) => {
    rest -= chunk.length;
    if (rest < 0) message.destroy();
  });
}

function sizeOf(body: NonNullable<DavCall['body']>): number {
  return typeof body === 'string' ? Buffer.byteLength(body) : body.size;
}
