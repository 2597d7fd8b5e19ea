import { createHash, createHmac } from 'node:crypto';
import { Agent, request } from 'node:http';

/**
 * The "other program" of the tests: fills and reads S3 servers with requests that it signs itself, so that nothing of
 * the product or its client library stands on both sides of a test.
 */
export interface S3Client {
  /** One signed request. `path` is the raw, already encoded path with query. */
  send(
    method: string,
    path: string,
    options?: { headers?: Record<string, string>; body?: Buffer | string },
  ): Promise<S3Answer>;
  makeBucket(bucket: string, options?: { objectLock?: boolean }): Promise<void>;
  setVersioning(bucket: string, status: 'Enabled' | 'Suspended'): Promise<void>;
  put(bucket: string, key: string, body?: Buffer | string, headers?: Record<string, string>): Promise<S3Answer>;
  /** Many objects, with several requests in flight. */
  fill(bucket: string, keys: Iterable<string>, body?: Buffer | string, inFlight?: number): Promise<void>;
  remove(bucket: string, key: string, versionId?: string): Promise<S3Answer>;
  /** The object's bytes, or null where a GET of exactly this key finds none. */
  read(bucket: string, key: string, versionId?: string): Promise<Buffer | null>;
  startUpload(bucket: string, key: string, part?: Buffer | string): Promise<string>;
  /** Retention of one version until a time. */
  retain(bucket: string, key: string, versionId: string, mode: 'GOVERNANCE' | 'COMPLIANCE', until: Date): Promise<void>;
  hold(bucket: string, key: string, versionId: string, on: boolean): Promise<void>;
  close(): void;
}

export interface S3Answer {
  readonly status: number;
  readonly headers: Record<string, string | string[] | undefined>;
  readonly body: Buffer;
}

/** A key as a path: every byte but unreserved ones and the slash, percent-encoded. */
export function keyPath(bucket: string, key: string): string {
  return `/${bucket}/${encodeText(key).replaceAll('%2F', '/')}`;
}

function encodeText(text: string): string {
  return encodeURIComponent(text).replace(/[!'()*]/g, (c) => `%${c.charCodeAt(0).toString(16).toUpperCase()}`);
}

export function openS3Client(server: {
  endpoint: string;
  accessKey: string;
  secretKey: string;
  region?: string;
}): S3Client {
  const url = new URL(server.endpoint);
  const region = server.region ?? 'us-east-1';
  const agent = new Agent({ keepAlive: true, maxSockets: 32, timeout: 20_000 });

  const send: S3Client['send'] = (method, path, options = {}) => {
    const body = Buffer.from(options.body ?? '');
    const hash = createHash('sha256').update(body).digest('hex');
    const stamp = new Date().toISOString().replace(/[:-]|\.\d{3}/g, '');
    const day = stamp.slice(0, 8);
    const headers: Record<string, string> = {
      host: url.host,
      'x-amz-content-sha256': hash,
      'x-amz-date': stamp,
      ...Object.fromEntries(Object.entries(options.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value])),
    };
    const names = Object.keys(headers).sort();
    const [resource = '/', query = ''] = path.split('?');
    const canonicalQuery = query
      .split('&')
      .filter((part) => part !== '')
      .map((part) => (part.includes('=') ? part : `${part}=`))
      .sort()
      .join('&');
    const canonical = [
      method,
      resource,
      canonicalQuery,
      ...names.map((name) => `${name}:${headers[name]!.trim()}`),
      '',
      names.join(';'),
      hash,
    ].join('\n');
    const scope = `${day}/${region}/s3/aws4_request`;
    const toSign = ['AWS4-HMAC-SHA256', stamp, scope, createHash('sha256').update(canonical).digest('hex')].join('\n');
    let key: Buffer = Buffer.from(`AWS4${server.secretKey}`);
    for (const part of [day, region, 's3', 'aws4_request']) key = createHmac('sha256', key).update(part).digest();
    const signature = createHmac('sha256', key).update(toSign).digest('hex');
    headers.authorization = `AWS4-HMAC-SHA256 Credential=${server.accessKey}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
    headers['content-length'] = String(body.length);

    return new Promise<S3Answer>((resolve, reject) => {
      const call = request(
        { host: url.hostname, port: url.port, method, path, headers, agent, timeout: 30_000 },
        (response) => {
          const chunks: Buffer[] = [];
          response.on('data', (chunk: Buffer) => chunks.push(chunk));
          response.on('error', reject);
          response.on('end', () =>
            resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks) }),
          );
        },
      );
      call.on('error', reject);
      call.on('timeout', () => call.destroy(new Error('timed out')));
      call.end(body);
    });
  };

  const expect = async (answer: Promise<S3Answer>, ...codes: number[]): Promise<S3Answer> => {
    const got = await answer;
    if (!codes.includes(got.status))
      throw new Error(`answer ${got.status}: ${got.body.toString('utf8').slice(0, 500)}`);
    return got;
  };
  const md5 = (text: string): string => createHash('md5').update(text).digest('base64');
  const put: S3Client['put'] = (bucket, key, body = 'x', headers = {}) =>
    expect(send('PUT', keyPath(bucket, key), { body, headers }), 200);

  return {
    send,
    put,
    async makeBucket(bucket, options = {}) {
      const headers: Record<string, string> = options.objectLock ? { 'x-amz-bucket-object-lock-enabled': 'true' } : {};
      await expect(send('PUT', `/${bucket}`, { headers }), 200);
    },
    async setVersioning(bucket, status) {
      const body = `<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>${status}</Status></VersioningConfiguration>`;
      await expect(send('PUT', `/${bucket}?versioning`, { body }), 200);
    },
    async fill(bucket, keys, body = 'x', inFlight = 16) {
      const source = keys[Symbol.iterator]();
      const worker = async (): Promise<void> => {
        for (let next = source.next(); !next.done; next = source.next()) await put(bucket, next.value, body);
      };
      await Promise.all(Array.from({ length: inFlight }, worker));
    },
    async remove(bucket, key, versionId) {
      const query = versionId === undefined ? '' : `?versionId=${encodeText(versionId)}`;
      return await expect(send('DELETE', keyPath(bucket, key) + query), 204, 200);
    },
    async read(bucket, key, versionId) {
      const query = versionId === undefined ? '' : `?versionId=${encodeText(versionId)}`;
      const answer = await expect(send('GET', keyPath(bucket, key) + query), 200, 404, 405);
      return answer.status === 200 ? answer.body : null;
    },
    async startUpload(bucket, key, part) {
      const answer = await expect(send('POST', `${keyPath(bucket, key)}?uploads`), 200);
      const id = /<UploadId>([^<]+)<\/UploadId>/.exec(answer.body.toString('utf8'))?.[1];
      if (!id) throw new Error(`no upload id: ${answer.body.toString('utf8')}`);
      if (part !== undefined) {
        await expect(
          send('PUT', `${keyPath(bucket, key)}?partNumber=1&uploadId=${encodeText(id)}`, { body: part }),
          200,
        );
      }
      return id;
    },
    async retain(bucket, key, versionId, mode, until) {
      const body = `<Retention xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Mode>${mode}</Mode><RetainUntilDate>${until.toISOString()}</RetainUntilDate></Retention>`;
      const path = `${keyPath(bucket, key)}?retention&versionId=${encodeText(versionId)}`;
      await expect(send('PUT', path, { body, headers: { 'content-md5': md5(body) } }), 200);
    },
    async hold(bucket, key, versionId, on) {
      const body = `<LegalHold xmlns="http://s3.amazonaws.com/doc/2006-03-01/"><Status>${on ? 'ON' : 'OFF'}</Status></LegalHold>`;
      const path = `${keyPath(bucket, key)}?legal-hold&versionId=${encodeText(versionId)}`;
      await expect(send('PUT', path, { body, headers: { 'content-md5': md5(body) } }), 200);
    },
    close() {
      agent.destroy();
    },
  };
}
