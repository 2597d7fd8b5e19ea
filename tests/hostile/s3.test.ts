import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { afterEach, describe, expect, test } from 'vitest';
import { Secret } from '../../src/main/secret.ts';
import {
  type ObjectRef,
  openS3,
  type S3Options,
  type StorageBackend,
  type StorageError,
} from '../../src/main/storage/index.ts';
import { connectS3 } from '../../src/main/storage/s3/connection.ts';
import { readAll } from '../support/conformance.ts';

const PREFIX = 'users/u01/';
const closers: (() => void)[] = [];

afterEach(() => {
  for (const close of closers.splice(0)) close();
});

type Handler = (request: IncomingMessage, response: ServerResponse, body: string) => void;

interface Hostile {
  readonly endpoint: string;
  /** Method and path of everything that came. */
  readonly requests: string[];
  /** Bytes that went out. */
  readonly sent: () => number;
}

/** An S3 server that answers whatever the test wants. Questions about the bucket's settings get honest answers. */
async function hostileServer(handler: Handler): Promise<Hostile> {
  const requests: string[] = [];
  const sockets = new Set<Socket>();
  let sent = 0;
  const server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`);
    let body = '';
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      const setting = /\?(versioning|object-lock|replication)$/.exec(request.url ?? '')?.[1];
      if (setting === undefined) handler(request, response, body);
      else if (setting === 'versioning') response.end('<VersioningConfiguration/>');
      else response.writeHead(404).end('<Error><Code>NoSuchConfiguration</Code></Error>');
    });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('error', () => {});
    socket.on('close', () => {
      sent += socket.bytesWritten;
      sockets.delete(socket);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo; // Listening on TCP.
  return {
    endpoint: `http://127.0.0.1:${port}`,
    requests,
    sent: () => sent + [...sockets].reduce((sum, socket) => sum + socket.bytesWritten, 0),
  };
}

function open(server: Hostile, options: S3Options = {}): StorageBackend {
  const config = {
    endpoint: server.endpoint,
    region: 'us-east-1',
    pathStyle: true,
    authorityPem: null,
    accessKey: 'key',
    secretKey: new Secret('secret'),
  };
  const backend = openS3(config, { bucket: 'docs', prefix: PREFIX }, options);
  closers.push(() => backend.close());
  return backend;
}

const HEAD = '<?xml version="1.0" encoding="UTF-8"?>';
const contents = (key: string, more = ''): string => `<Contents><Key>${key}</Key><Size>1</Size>${more}</Contents>`;
const list = (inner: string): string => `${HEAD}<ListBucketResult>${inner}</ListBucketResult>`;
const page = (keys: readonly string[], next: string | null): string =>
  list(
    keys.map((key) => contents(key)).join('') +
      (next === null
        ? '<IsTruncated>false</IsTruncated>'
        : `<IsTruncated>true</IsTruncated><NextContinuationToken>${next}</NextContinuationToken>`),
  );
const ref = (name: string): ObjectRef => ({
  kind: 'object',
  key: PREFIX + name,
  versionId: null,
  size: 1,
  etag: null,
  modifiedAt: null,
});

/** Bytes that are really held: what can be collected is collected first. */
function heapInUse(): number {
  setFlagsFromString('--expose-gc');
  const collect: unknown = runInNewContext('gc');
  if (typeof collect === 'function') for (let n = 0; n < 3; n += 1) collect();
  return process.memoryUsage().heapUsed;
}

async function failureOf(work: Promise<unknown>): Promise<StorageError> {
  try {
    await work;
  } catch (error) {
    return error as StorageError; // Every test below looks at its fields.
  }
  throw new Error('it did not fail');
}

describe('lists that lie', () => {
  const answers: Record<string, string> = {
    'a key outside the prefix': page(['users/u02/x'], null),
    'a key that begins alike': page(['users/u010/x'], null),
    'a key in another case': page(['Users/u01/x'], null),
    'keys that do not grow': page([`${PREFIX}b`, `${PREFIX}a`], null),
    'a key twice': page([`${PREFIX}a`, `${PREFIX}a`], null),
    'more than was asked for': page(
      Array.from({ length: 1001 }, (_, n) => PREFIX + String(n).padStart(5, '0')),
      null,
    ),
    'more, but not where': list(`${contents(`${PREFIX}a`)}<IsTruncated>true</IsTruncated>`),
    'two keys in one entry': list(contents(`${PREFIX}a`, `<Key>${PREFIX}b</Key>`)),
    'an entry without a key': list('<Contents><Size>1</Size></Contents>'),
    'an entry with an empty key': list(contents('')),
    'an entry without a size': list(`<Contents><Key>${PREFIX}a</Key></Contents>`),
    'a negative size': list(`<Contents><Key>${PREFIX}a</Key><Size>-1</Size></Contents>`),
    'a size that is no integer': list(`<Contents><Key>${PREFIX}a</Key><Size>1e999</Size></Contents>`),
    'a size beyond exact numbers': list(`<Contents><Key>${PREFIX}a</Key><Size>9007199254740993</Size></Contents>`),
    'a key wrongly encoded': list(`<EncodingType>url</EncodingType>${contents(`${PREFIX}%zz`)}`),
    'a key encoded as no text': list(`<EncodingType>url</EncodingType>${contents(`${PREFIX}%ff`)}`),
    'another document': `${HEAD}<ListAllMyBucketsResult/>`,
    'a web page': '<!doctype html><html><body>Sign in to the hotel network</body></html>',
    nothing: '',
    'text without markup': 'OK',
    'a document type': `${HEAD}<!DOCTYPE ListBucketResult>${page([], null).slice(HEAD.length)}`,
    'an entity bomb': `${HEAD}<!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>${list(contents(`${PREFIX}&b;`)).slice(HEAD.length)}`,
    'a file as an entity': `${HEAD}<!DOCTYPE x [<!ENTITY f SYSTEM "file:///etc/passwd">]>${list(contents(`${PREFIX}&f;`)).slice(HEAD.length)}`,
    'an entity that nobody declared': list(contents(`${PREFIX}&lol;`)),
    'a character that XML does not have': list(contents(`${PREFIX}&#x1;`)),
    'cut off in an entry': page([`${PREFIX}a`, `${PREFIX}b`], null).slice(0, -60),
    'cut off before the end': page([`${PREFIX}a`], null).slice(0, -3),
    'two documents': page([`${PREFIX}a`], null) + page([`${PREFIX}b`], null).slice(HEAD.length),
    'nesting without end': list('<a>'.repeat(5000)),
    'a key of a megabyte': list(contents(PREFIX + 'x'.repeat(1_000_000))),
  };
  for (const [name, answer] of Object.entries(answers)) {
    test(`${name}: the whole answer is refused`, async () => {
      const server = await hostileServer((_, response) => response.end(answer));
      const seen: string[] = [];
      const work = async (): Promise<void> => {
        for await (const { items } of open(server).list({ what: 'objects' })) seen.push(...items.map(({ key }) => key));
      };
      expect(await failureOf(work())).toMatchObject({ name: 'StorageError', failure: 'invalid_answer' });
      expect(seen).toEqual([]);
    });
  }

  test('bytes that are not UTF-8 are refused, not replaced', async () => {
    const server = await hostileServer((_, response) =>
      response.end(Buffer.concat([Buffer.from(list(contents(PREFIX)).slice(0, -40)), Buffer.from([0xff, 0xfe])])),
    );
    expect(await failureOf(readAll(open(server).list({ what: 'objects' })))).toMatchObject({
      failure: 'invalid_answer',
    });
  });

  test('CDATA, comments and references that XML does have are read as the text that they are', async () => {
    const body = list(
      `<!-- <Contents> --><Contents><Key>${PREFIX}a<![CDATA[<&]]>&#x10000;&lt;</Key><Size>1</Size></Contents><IsTruncated>false</IsTruncated>`,
    );
    const server = await hostileServer((_, response) => response.end(body));
    expect((await readAll(open(server).list({ what: 'objects' }))).map(({ key }) => key)).toEqual([
      `${PREFIX}a<&\u{10000}<`,
    ]);
  });

  test('a page that sends back to an earlier one ends the listing', async () => {
    let n = 0;
    const server = await hostileServer((_, response) => {
      n += 1;
      response.end(page([`${PREFIX}${String(n).padStart(6, '0')}`], n % 2 === 0 ? 'even' : 'odd'));
    });
    expect(await failureOf(readAll(open(server).list({ what: 'objects' })))).toMatchObject({
      failure: 'invalid_answer',
    });
    expect(n).toBeLessThan(6);
  });

  test('empty pages without end are not followed for ever', async () => {
    let n = 0;
    const server = await hostileServer((_, response) => {
      n += 1;
      response.end(page([], `token-${n}`));
    });
    expect(await failureOf(readAll(open(server).list({ what: 'objects' })))).toMatchObject({
      failure: 'invalid_answer',
    });
    expect(n).toBeLessThan(100);
  });

  test('pages without end cost no memory, and a signal ends them', async () => {
    let n = 0;
    const padding = 'p'.repeat(80);
    const server = await hostileServer((_, response) => {
      n += 1;
      response.end(
        page(
          Array.from({ length: 1000 }, (__, at) => `${PREFIX}${String(n * 1000 + at).padStart(9, '0')}${padding}`),
          `token-${n}`,
        ),
      );
    });
    const stop = new AbortController();
    let pages = 0;
    let early = 0;
    const walk = async (): Promise<void> => {
      for await (const { items } of open(server).list({ what: 'objects', signal: stop.signal })) {
        expect(items).toHaveLength(1000);
        pages += 1;
        if (pages === 60) early = heapInUse();
        if (pages === 300) stop.abort();
      }
    };
    expect(await failureOf(walk())).toMatchObject({ failure: 'aborted' });
    expect(pages).toBe(300);
    expect(heapInUse() - early).toBeLessThan(16 * 1024 * 1024);
  });

  test('versions and uploads are held to the same: prefix, order, markers', async () => {
    const version = (key: string, id: string): string =>
      `<Version><Key>${key}</Key><VersionId>${id}</VersionId><Size>1</Size></Version>`;
    const versions: Record<string, string> = {
      outside: version('users/u02/x', 'a'),
      'one twice': version(`${PREFIX}x`, 'a') + version(`${PREFIX}x`, 'a'),
      'more, but not where': `${version(`${PREFIX}x`, 'a')}<IsTruncated>true</IsTruncated>`,
    };
    for (const [name, inner] of Object.entries(versions)) {
      const server = await hostileServer((_, response) =>
        response.end(`${HEAD}<ListVersionsResult>${inner}</ListVersionsResult>`),
      );
      expect(
        await failureOf(
          open(server).standingAt!(`${PREFIX}x`).then((found) =>
            name === 'one twice' ? Promise.reject(found) : found,
          ),
        ),
        name,
      ).toBeDefined();
    }
    let n = 0;
    const looping = await hostileServer((_, response) => {
      n += 1;
      const next = `<IsTruncated>true</IsTruncated><NextKeyMarker>k${n % 2}</NextKeyMarker><NextUploadIdMarker>u</NextUploadIdMarker>`;
      response.end(
        `${HEAD}<ListMultipartUploadsResult><Upload><Key>${PREFIX}x</Key><UploadId>${n}</UploadId></Upload>${next}</ListMultipartUploadsResult>`,
      );
    });
    expect(await failureOf(readAll(open(looping).list({ what: 'uploads' })))).toMatchObject({
      failure: 'invalid_answer',
    });
    expect(n).toBeLessThan(6);
  });

  test('versions of a bucket that keeps them: outside the prefix, twice, and without end', async () => {
    const version = (key: string, id: string): string =>
      `<Version><Key>${key}</Key><VersionId>${id}</VersionId><Size>1</Size></Version>`;
    const run = async (answer: (n: number) => string): Promise<StorageError> => {
      let n = 0;
      const server = createServer((request, response) => {
        n += 1;
        if (request.url?.endsWith('?versioning'))
          response.end('<VersioningConfiguration><Status>Enabled</Status></VersioningConfiguration>');
        else if (/\?(object-lock|replication)$/.test(request.url ?? '')) response.writeHead(404).end();
        else response.end(`${HEAD}<ListVersionsResult>${answer(n)}</ListVersionsResult>`);
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      closers.push(() => {
        server.close();
        server.closeAllConnections();
      });
      const { port } = server.address() as AddressInfo; // Listening on TCP.
      return await failureOf(
        readAll(open({ endpoint: `http://127.0.0.1:${port}`, requests: [], sent: () => 0 }).list({ what: 'versions' })),
      );
    };
    expect(await run(() => version('users/u02/x', 'a'))).toMatchObject({ failure: 'invalid_answer' });
    expect(await run(() => version(`${PREFIX}x`, 'a') + version(`${PREFIX}x`, 'a'))).toMatchObject({
      failure: 'invalid_answer',
    });
    expect(
      await run(
        () =>
          `${version(`${PREFIX}x`, 'a')}<IsTruncated>true</IsTruncated><NextKeyMarker>${PREFIX}x</NextKeyMarker><NextVersionIdMarker>a</NextVersionIdMarker>`,
      ),
    ).toMatchObject({ failure: 'invalid_answer' });
  });
});

describe('answers without end, and answers that never come', () => {
  const flood = (response: ServerResponse, head: string, unit: string): void => {
    response.write(head);
    const chunk = unit.repeat(Math.ceil(65_536 / unit.length));
    const more = (): void => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', more);
    };
    more();
  };
  const floods: Record<string, [head: string, unit: string]> = {
    entries: [`${HEAD}<ListBucketResult>`, '<Prefix/><Contents/>'],
    'one element': [`${HEAD}<ListBucketResult><Contents><Key>`, 'x'],
    'white space': [HEAD, ' '],
    attributes: [`${HEAD}<ListBucketResult `, ' a="b"'],
    comments: [`${HEAD}<ListBucketResult>`, '<!-- x -->'],
    'a comment': [`${HEAD}<ListBucketResult><!--`, 'x'],
  };
  for (const [name, [head, unit]] of Object.entries(floods)) {
    test(`a gigabyte of ${name} is cut off early`, async () => {
      const server = await hostileServer((_, response) => flood(response, head, unit));
      const before = process.memoryUsage().rss;
      expect(await failureOf(readAll(open(server).list({ what: 'objects' })))).toMatchObject({
        failure: 'invalid_answer',
      });
      expect(server.sent()).toBeLessThan(64 * 1024 * 1024);
      expect(process.memoryUsage().rss - before).toBeLessThan(200 * 1024 * 1024);
    });
  }

  test('a gigabyte as the body of an error is cut off too', async () => {
    const server = await hostileServer((_, response) => {
      response.writeHead(403);
      flood(response, `${HEAD}<Error><Message>`, 'x');
    });
    expect(await failureOf(readAll(open(server).list({ what: 'objects' })))).toMatchObject({ failure: 'refused' });
    expect(server.sent()).toBeLessThan(16 * 1024 * 1024);
  });

  test('a byte now and then does not keep a call alive beyond its time', async () => {
    const server = await hostileServer((_, response) => {
      const text = page([`${PREFIX}a`], null);
      let sent = 0;
      const timer = setInterval(() => {
        response.write(text[sent % text.length]);
        sent += 1;
      }, 20);
      closers.push(() => clearInterval(timer));
    });
    const began = Date.now();
    const backend = open(server, { timeouts: { idleMs: 5_000, totalMs: 300 } });
    expect(await failureOf(backend.remove([ref('a')]))).toMatchObject({ failure: 'backend', serverCode: 'timeout' });
    expect(Date.now() - began).toBeLessThan(3_000);
  });

  test('silence ends a call, before the answer and in the middle of it', async () => {
    for (const begin of ['', `${HEAD}<DeleteResult>`]) {
      const server = await hostileServer((_, response) => {
        if (begin !== '') response.write(begin);
      });
      const backend = open(server, { timeouts: { idleMs: 200, totalMs: 60_000 } });
      const failure = await failureOf(backend.remove([ref('a')]));
      expect(['backend', 'offline'], begin).toContain(failure.failure);
      expect(failure.passes).toBe(true);
    }
  });

  test('a signal ends a call that waits', async () => {
    const server = await hostileServer(() => {});
    const stop = new AbortController();
    const work = failureOf(open(server).remove([ref('a')], stop.signal));
    setTimeout(() => stop.abort(), 100);
    expect(await work).toMatchObject({ failure: 'aborted' });
  });

  test('a length that is not true: shorter and longer than said', async () => {
    const body = page([`${PREFIX}a`], null);
    const short = await hostileServer((request, response) => {
      request.socket.end(`HTTP/1.1 200 OK\r\nContent-Length: ${body.length + 100}\r\n\r\n${body}`);
      response.destroy();
    });
    expect((await failureOf(readAll(open(short).list({ what: 'objects' })))).passes).toBe(true);
    const long = await hostileServer((request) => {
      request.socket.write(`HTTP/1.1 200 OK\r\nContent-Length: 30\r\n\r\n${body}`);
    });
    expect((await failureOf(readAll(open(long).list({ what: 'objects' })))).passes).toBe(true);
  });

  test('what is not HTTP at all', async () => {
    const server = await hostileServer((request) => request.socket.end('SSH-2.0-OpenSSH_9.2\r\n'));
    expect(await failureOf(readAll(open(server).list({ what: 'objects' })))).toMatchObject({
      failure: 'invalid_answer',
    });
  });
});

describe('answers that lead elsewhere or mean another thing than their status', () => {
  for (const status of [301, 302, 303, 307, 308]) {
    test(`a redirect (${status}) is not followed`, async () => {
      const elsewhere = await hostileServer((_, response) => response.end(page([], null)));
      const server = await hostileServer((_, response) =>
        response.writeHead(status, { location: `${elsewhere.endpoint}/docs?list-type=2` }).end(),
      );
      expect(await failureOf(readAll(open(server).list({ what: 'objects' })))).toMatchObject({ failure: 'refused' });
      expect(elsewhere.requests).toEqual([]);
    });
  }

  test('an error that comes with 200 is an error', async () => {
    const answer = async (code: string): Promise<StorageError> => {
      const server = await hostileServer((_, response) =>
        response.end(`${HEAD}<Error><Code>${code}</Code><Message>x</Message></Error>`),
      );
      return await failureOf(readAll(open(server).list({ what: 'objects' })));
    };
    expect(await answer('InternalError')).toMatchObject({ failure: 'backend', serverCode: 'InternalError' });
    expect(await answer('AccessDenied')).toMatchObject({ failure: 'refused', serverCode: 'AccessDenied' });
    expect(await answer('InvalidAccessKeyId')).toMatchObject({ failure: 'reauthorise' });
  });

  test('each status and code has its failure, and the server’s own words stay out of ours', async () => {
    const cases: [status: number, code: string, failure: string][] = [
      [503, 'SlowDown', 'backend'],
      [500, '', 'backend'],
      [502, '', 'backend'],
      [429, '', 'backend'],
      [401, '', 'reauthorise'],
      [403, 'SignatureDoesNotMatch', 'reauthorise'],
      [403, 'AccessDenied', 'refused'],
      [403, 'RequestTimeTooSkewed', 'refused'],
      [404, 'NoSuchBucket', 'refused'],
      [400, 'AuthorizationHeaderMalformed', 'refused'],
      [501, 'NotImplemented', 'refused'],
      [418, '', 'refused'],
    ];
    for (const [status, code, failure] of cases) {
      const server = await hostileServer((_, response) =>
        response
          .writeHead(status, { 'retry-after': '7' })
          .end(
            code === ''
              ? 'no xml'
              : `<Error><Code>${code}</Code><Message>${'secret words '.repeat(20)}</Message></Error>`,
          ),
      );
      const error = await failureOf(open(server).remove([ref('a')]));
      expect(error, `${status} ${code}`).toMatchObject({
        failure,
        serverCode: code === '' ? String(status) : code,
        retryAfterMs: 7000,
      });
      expect(error.message).not.toContain('secret words');
    }
  });
});

describe('removal that is answered wrongly', () => {
  const result = (inner: string): string => `${HEAD}<DeleteResult>${inner}</DeleteResult>`;
  const deleted = (name: string): string => `<Deleted><Key>${PREFIX}${name}</Key></Deleted>`;
  const removeAB = async (answer: string) => {
    const server = await hostileServer((_, response) => response.end(answer));
    return await open(server).remove([ref('a'), ref('b')]);
  };

  test('an answer that names a key that was not asked about is not believed at all', async () => {
    for (const inner of [
      deleted('a') + deleted('b') + deleted('c'),
      `${deleted('a')}<Error><Key>users/u02/x</Key><Code>x</Code></Error>`,
      `${deleted('a')}<Deleted/>`,
    ]) {
      expect(await failureOf(removeAB(result(inner)))).toMatchObject({ failure: 'invalid_answer' });
    }
  });

  test('an answer that speaks twice of one key is not believed', async () => {
    const twice = `${deleted('a')}<Error><Key>${PREFIX}a</Key><Code>AccessDenied</Code></Error>${deleted('b')}`;
    expect(await failureOf(removeAB(result(twice)))).toMatchObject({ failure: 'invalid_answer' });
  });

  test('a key that the answer leaves out counts as not removed', async () => {
    expect(await removeAB(result(deleted('b')))).toMatchObject([
      { outcome: 'failed', retryable: true },
      { outcome: 'removed' },
    ]);
    expect(await removeAB(result(''))).toMatchObject([{ outcome: 'failed' }, { outcome: 'failed' }]);
  });

  test('each key’s own code has its outcome', async () => {
    const error = (name: string, code: string): string =>
      `<Error><Key>${PREFIX}${name}</Key><Code>${code}</Code><Message>m</Message></Error>`;
    expect(await removeAB(result(error('a', 'InternalError') + error('b', 'NoSuchKey')))).toMatchObject([
      { outcome: 'failed', retryable: true },
      { outcome: 'absent' },
    ]);
    expect(await removeAB(result(error('a', 'MethodNotAllowed') + error('b', 'SlowDown')))).toMatchObject([
      { outcome: 'failed', retryable: false },
      { outcome: 'failed', retryable: true },
    ]);
  });

  test('a bucket that began to keep versions only hid the object, and that is no removal', async () => {
    const hidden = `<Deleted><Key>${PREFIX}a</Key><DeleteMarker>true</DeleteMarker><DeleteMarkerVersionId>m</DeleteMarkerVersionId></Deleted>`;
    expect(await removeAB(result(hidden + deleted('b')))).toMatchObject([
      { outcome: 'failed', retryable: true, reason: expect.stringContaining('hidden') },
      { outcome: 'removed' },
    ]);
  });

  test('the request names exactly the keys, escaped so that none of them can become markup', async () => {
    const names = ['</Key><Key>users/u02/x', '&amp;', '"\'<>', 'a\r\nb\tc', ']]>'];
    let sent = '';
    const server = await hostileServer((request, response, body) => {
      sent = body;
      expect(request.headers['content-md5']).toMatch(/^[A-Za-z0-9+/]{22}==$/);
      for (const header of ['x-minio-force-delete', 'x-amz-bypass-governance-retention'])
        expect(request.headers[header]).toBeUndefined();
      response.end(result(''));
    });
    await open(server).remove(names.map(ref));
    expect(sent.match(/<Key>/g)).toHaveLength(names.length);
    expect(sent).not.toMatch(/[\r\n\t]/);
    const { SaxesParser } = await import('saxes');
    const keys: string[] = [];
    const parser = new SaxesParser();
    let text = '';
    parser.on('text', (part) => {
      text = part;
    });
    parser.on('closetag', ({ name }) => {
      if (name === 'Key') keys.push(text);
    });
    parser.write(sent).close();
    expect(keys).toEqual(names.map((name) => PREFIX + name));
  });

  test('what cannot be named safely in a path is not sent there', async () => {
    const server = await hostileServer((_, response) => response.end(result('')));
    const odd = ['\u0001/../../u02/x', '\u0001//x', '\u0001/./x', '\ud800'].map(ref);
    const outcomes = await open(server).remove(odd);
    expect(outcomes).toMatchObject(odd.map(() => ({ outcome: 'failed', retryable: false })));
    expect(server.requests.filter((line) => line.startsWith('DELETE'))).toEqual([]);
  });

  test('a server that fails for single removals is found to be down, not asked a thousand times', async () => {
    const server = await hostileServer((_, response) => response.writeHead(503).end());
    const refs = Array.from({ length: 200 }, (_, n) => ref(`\u0001${n}`));
    expect(await failureOf(open(server).remove(refs))).toMatchObject({ failure: 'backend' });
    expect(server.requests.filter((line) => line.startsWith('DELETE')).length).toBeLessThan(20);
  });
});

describe('requests that could do harm are never sent', () => {
  test('no empty key, no unknown sub-resource, no verb of a bucket', async () => {
    const server = await hostileServer((_, response) => response.writeHead(204).end());
    const connection = connectS3({
      endpoint: server.endpoint,
      region: 'us-east-1',
      pathStyle: true,
      authorityPem: null,
      accessKey: 'k',
      secretKey: new Secret('s'),
    });
    closers.push(() => connection.close());
    const base = { purpose: 'do harm', maxBytes: 1000 };
    const calls = [
      { ...base, method: 'DELETE' as const, bucket: 'docs' },
      { ...base, method: 'DELETE' as const, bucket: 'docs', key: '' },
      { ...base, method: 'DELETE' as const, bucket: 'docs', query: { versioning: null } },
      { ...base, method: 'DELETE' as const, bucket: 'docs', key: 'a', query: { tagging: null } },
      { ...base, method: 'DELETE' as const, bucket: '', key: 'a' },
      { ...base, method: 'DELETE' as const, bucket: null },
      { ...base, method: 'POST' as const, bucket: 'docs', query: { uploads: null } },
      { ...base, method: 'POST' as const, bucket: 'docs', key: 'a' },
      { ...base, method: 'GET' as const, bucket: 'docs', query: { 'x-minio-force-delete': 'true' } },
    ];
    for (const call of calls)
      expect(await failureOf(connection.send(call, async () => null)), JSON.stringify(call)).toMatchObject({
        failure: 'unsafe',
      });
    expect(server.requests).toEqual([]);
  });

  test('scopes that could be more than one user’s are refused before anything is sent', async () => {
    const config = {
      endpoint: 'http://127.0.0.1:9',
      region: 'us-east-1',
      pathStyle: true,
      authorityPem: null,
      accessKey: 'k',
      secretKey: new Secret('s'),
    };
    for (const prefix of ['', '/', 'users', 'users/u01', '/users/u01/']) {
      expect(() => openS3(config, { bucket: 'docs', prefix }), prefix).toThrow(/scope/);
    }
    expect(() => openS3(config, { bucket: '', prefix: 'a/' })).toThrow(/scope/);
    expect(() => openS3(config, { bucket: 'docs', prefix: 'a/', wholeBucket: true })).toThrow(/scope/);
  });
});
