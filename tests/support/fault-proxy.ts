import { Agent, createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';

/** One request as a fault sees it. */
export interface ProxiedRequest {
  /** Counts from 1. */
  readonly number: number;
  readonly method: string;
  readonly path: string;
  readonly receivedAt: number;
}

/**
 * What happens to a request. `pass`: it goes through, after a delay. `status`: answered here. `reset`: the line is cut
 * before anything is sent on. `cut_after`: the server does it, but its answer is cut. `half`: half of the answer comes, and
 * then nothing more. `garbage`: 200 with bytes that mean nothing. `drip`: the answer comes a byte at a time. `silence`:
 * nothing ever comes.
 */
export type Fault =
  | { readonly kind: 'pass'; readonly delayMs?: number }
  | {
      readonly kind: 'status';
      readonly status: number;
      readonly headers?: Readonly<Record<string, string>>;
      readonly body?: string;
    }
  | { readonly kind: 'reset' | 'cut_after' | 'half' | 'garbage' | 'silence' }
  | { readonly kind: 'drip'; readonly byteEveryMs: number };

/** A proxy on loopback before a real server: passes everything on unchanged, the Host header too, unless told otherwise. */
export interface FaultProxy {
  /** `http://127.0.0.1:PORT`. */
  readonly endpoint: string;
  /** What to do with the requests from now on. */
  fault: (request: ProxiedRequest) => Fault;
  readonly requests: ProxiedRequest[];
  close(): Promise<void>;
}

export async function startFaultProxy(upstream: { readonly port: number }): Promise<FaultProxy> {
  const agent = new Agent({ keepAlive: true, maxSockets: 64 });
  const requests: ProxiedRequest[] = [];
  let count = 0;
  const proxy = { fault: (): Fault => ({ kind: 'pass' }) } as { fault: FaultProxy['fault'] };

  const server = createServer((incoming, answer) => {
    count += 1;
    const seen = { number: count, method: incoming.method ?? '', path: incoming.url ?? '', receivedAt: Date.now() };
    requests.push(seen);
    incoming.on('error', () => {});
    answer.on('error', () => {});
    handle(proxy.fault(seen), incoming, answer);
  });

  function handle(fault: Fault, incoming: IncomingMessage, answer: ServerResponse): void {
    switch (fault.kind) {
      case 'reset':
        incoming.socket.resetAndDestroy();
        return;
      case 'silence':
        incoming.resume();
        return;
      case 'status':
        incoming.resume().on('end', () => answer.writeHead(fault.status, fault.headers).end(fault.body ?? ''));
        return;
      case 'garbage':
        incoming
          .resume()
          .on('end', () =>
            answer.writeHead(200, { 'content-type': 'application/xml' }).end('\u0000<<<&&& not what was asked for'),
          );
        return;
      case 'pass':
        setTimeout(() => forward(incoming, answer, fault), fault.delayMs ?? 0);
        return;
      default:
        forward(incoming, answer, fault);
    }
  }

  function forward(incoming: IncomingMessage, answer: ServerResponse, fault: Fault): void {
    const call = request(
      {
        host: '127.0.0.1',
        port: upstream.port,
        method: incoming.method,
        path: incoming.url,
        headers: incoming.headers,
        agent,
      },
      (response) => {
        if (fault.kind === 'cut_after') {
          response.resume().on('end', () => incoming.socket.resetAndDestroy());
          return;
        }
        if (fault.kind === 'pass') {
          answer.writeHead(response.statusCode ?? 502, response.rawHeaders);
          response.pipe(answer);
          return;
        }
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('end', () => distort(Buffer.concat(chunks), response, answer, incoming, fault));
      },
    );
    call.on('error', () => incoming.socket.destroy());
    answer.on('close', () => {
      if (!answer.writableEnded) call.destroy();
    });
    incoming.pipe(call);
  }

  function distort(
    body: Buffer,
    response: IncomingMessage,
    answer: ServerResponse,
    incoming: IncomingMessage,
    fault: Fault,
  ): void {
    const headers = Object.fromEntries(
      Object.entries(response.headers).filter(([name]) => name !== 'transfer-encoding'),
    );
    answer.writeHead(response.statusCode ?? 502, { ...headers, 'content-length': String(body.length) });
    if (fault.kind === 'half') {
      answer.write(body.subarray(0, Math.floor(body.length / 2)), () => incoming.socket.destroy());
      return;
    }
    if (fault.kind !== 'drip') return;
    let at = 0;
    const timer = setInterval(() => {
      if (answer.destroyed || at >= body.length) {
        clearInterval(timer);
        answer.end();
        return;
      }
      answer.write(body.subarray(at, at + 1));
      at += 1;
    }, fault.byteEveryMs);
  }

  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('no address');
  return {
    endpoint: `http://127.0.0.1:${address.port}`,
    get fault() {
      return proxy.fault;
    },
    set fault(fault) {
      proxy.fault = fault;
    },
    requests,
    close: () =>
      new Promise<void>((resolve) => {
        agent.destroy();
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
