import { request } from 'node:http';

/** A second opinion: a bare WebDAV client of the tests' own, that shares no code with the console. */
export interface DavClient {
  send(
    method: string,
    path: string,
    headers?: Record<string, string>,
    body?: string,
  ): Promise<{ status: number; headers: Record<string, string>; body: string }>;
  /** Locks a file as another client would; answers its token. */
  lock(path: string): Promise<string>;
  put(path: string, content: string): Promise<void>;
}

export function davClient(origin: string, user: string, password: string): DavClient {
  const { hostname, port } = new URL(origin);
  const send: DavClient['send'] = (method, path, headers = {}, body = '') =>
    new Promise((resolve, reject) => {
      const call = request(
        {
          hostname,
          port,
          method,
          path,
          headers: {
            Authorization: `Basic ${Buffer.from(`${user}:${password}`).toString('base64')}`,
            'Content-Length': Buffer.byteLength(body),
            ...headers,
          },
          timeout: 10_000,
        },
        (answer) => {
          const chunks: Buffer[] = [];
          answer.on('data', (chunk: Buffer) => chunks.push(chunk));
          answer.on('end', () =>
            resolve({
              status: answer.statusCode ?? 0,
              headers: Object.fromEntries(Object.entries(answer.headers).map(([name, value]) => [name, String(value)])),
              body: Buffer.concat(chunks).toString('utf8'),
            }),
          );
          answer.on('error', reject);
        },
      );
      call.on('timeout', () => call.destroy(new Error('timed out')));
      call.on('error', reject);
      call.end(body);
    });
  return {
    send,
    async lock(path) {
      const answer = await send(
        'LOCK',
        path,
        { 'Content-Type': 'application/xml', Timeout: 'Second-600' },
        '<?xml version="1.0"?><lockinfo xmlns="DAV:"><lockscope><exclusive/></lockscope><locktype><write/></locktype></lockinfo>',
      );
      if (answer.status !== 200 && answer.status !== 201) throw new Error(`LOCK answered ${answer.status}`);
      return answer.headers['lock-token'] ?? '';
    },
    async put(path, content) {
      const answer = await send('PUT', path, {}, content);
      if (answer.status >= 300) throw new Error(`PUT answered ${answer.status}`);
    },
  };
}
