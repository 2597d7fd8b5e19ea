import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openS3 } from '../../src/main/storage/index.ts';
import { readAll } from '../support/conformance.ts';
import { findMinio, type MinioServer, startMinio } from '../support/minio.ts';
import { s3Config } from '../support/s3-place.ts';

const openssl = ['/usr/bin/openssl', '/usr/local/bin/openssl', '/opt/homebrew/bin/openssl'].find((path) =>
  existsSync(path),
);
const canRun = findMinio() !== null && openssl !== undefined;
let dir: string;
let server: MinioServer;
let authority: string;

/** A certificate authority and a server certificate of it for 127.0.0.1, made by OpenSSL. */
async function makeCertificates(): Promise<void> {
  const run = (...args: string[]): void => {
    execFileSync(openssl ?? 'openssl', args, { cwd: dir, stdio: 'pipe' });
  };
  const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
  for (const name of ['ca', 'other']) {
    run(
      'req',
      '-x509',
      ...key,
      '-keyout',
      `${name}.key`,
      '-out',
      `${name}.crt`,
      '-days',
      '2',
      '-subj',
      `/CN=${name} of the tests`,
    );
  }
  run(
    'req',
    ...key,
    '-keyout',
    'private.key',
    '-out',
    'server.csr',
    '-subj',
    '/CN=localhost',
    '-addext',
    'subjectAltName=IP:127.0.0.1',
  );
  run(
    'x509',
    '-req',
    '-in',
    'server.csr',
    '-CA',
    'ca.crt',
    '-CAkey',
    'ca.key',
    '-CAcreateserial',
    '-days',
    '2',
    '-copy_extensions',
    'copy',
    '-out',
    'public.crt',
  );
  authority = await readFile(join(dir, 'ca.crt'), 'utf8');
}

describe.skipIf(!canRun)('S2: an S3 server with its own certificate authority', () => {
  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'qm-tls-'));
    await makeCertificates();
    await rename(join(dir, 'other.crt'), join(dir, 'other.pem')); // MinIO reads every .crt of the folder as its own.
    server = await startMinio({ certsDir: dir });
  });
  afterAll(async () => {
    await server?.close();
    await rm(dir, { recursive: true, force: true });
  });

  const open = (authorityPem: string | null) =>
    openS3({ ...s3Config(server), authorityPem }, { bucket: 'docs', prefix: 'users/u01/' });

  test('is reached with that authority, over https, and signs as it should', async () => {
    const backend = open(authority);
    expect(server.endpoint).toMatch(/^https:/);
    // The bucket is not there, which the server says only to a request whose signature holds.
    await expect(readAll(backend.list({ what: 'objects' }))).rejects.toMatchObject({
      failure: 'refused',
      serverCode: 'NoSuchBucket',
    });
    backend.close();
  });

  test('is refused without it, and with another one: nothing is sent', async () => {
    for (const pem of [null, await readFile(join(dir, 'other.pem'), 'utf8')]) {
      const backend = open(pem);
      await expect(readAll(backend.list({ what: 'objects' }))).rejects.toMatchObject({
        failure: 'refused',
        message: expect.stringContaining('not trusted'),
      });
      expect(await backend.check()).toMatchObject({ ok: false, state: 'unreachable' });
      backend.close();
    }
  });
});
