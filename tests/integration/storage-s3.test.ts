import { afterAll, beforeAll } from 'vitest';
import { Secret } from '../../src/main/secret.ts';
import { openS3, type S3Config } from '../../src/main/storage/index.ts';
import { describeBackend, type Place } from '../support/conformance.ts';
import { findMinio, findVersitygw, type MinioServer, startMinio } from '../support/minio.ts';
import { openS3Client, type S3Client } from '../support/s3-client.ts';
import { startVersitygw, type VersitygwServer } from '../support/versitygw.ts';

const hasMinio = findMinio() !== null;
const hasVersitygw = findVersitygw() !== null;
const servers: { minio?: MinioServer; versitygw?: VersitygwServer } = {};
const clients: S3Client[] = [];
let buckets = 0;

beforeAll(async () => {
  if (hasMinio) servers.minio = await startMinio();
  if (hasVersitygw) servers.versitygw = await startVersitygw();
});
afterAll(async () => {
  for (const client of clients) client.close();
  await servers.minio?.close();
  await servers.versitygw?.close();
});

function configOf(server: { endpoint: string; accessKey: string; secretKey: string; region: string }): S3Config {
  const { endpoint, accessKey, secretKey, region } = server;
  return { endpoint, region, pathStyle: true, authorityPem: null, accessKey, secretKey: new Secret(secretKey) };
}

/** A bucket of its own for each suite, with one user's folder as the scope. */
async function placeOn(
  server: { endpoint: string; accessKey: string; secretKey: string; region: string },
  setUp: (client: S3Client, bucket: string) => Promise<void>,
): Promise<Place> {
  const client = openS3Client(server);
  clients.push(client);
  buckets += 1;
  const bucket = `conformance-${buckets}`;
  await setUp(client, bucket);
  const prefix = 'users/u01/';
  const put = async (key: string, body: string): Promise<boolean> =>
    await client.put(bucket, key, body).then(
      () => true,
      (error: Error) => {
        if (/answer 4\d\d/.test(error.message)) return false;
        throw error;
      },
    );
  const read = async (key: string): Promise<string | null> =>
    (await client.read(bucket, key))?.toString('utf8') ?? null;
  return {
    prefix,
    open: () => openS3(configOf(server), { bucket, prefix }),
    put,
    read,
    putBeside: async (folder, name, body) => await put(`users/${folder}/${name}`, body),
    readBeside: async (folder, name) => await read(`users/${folder}/${name}`),
    close: async () => client.close(),
  };
}

function running<Server>(server: Server | undefined): Server {
  if (server === undefined) throw new Error('the server is not running');
  return server;
}

const plain = async (client: S3Client, bucket: string): Promise<void> => await client.makeBucket(bucket);

describeBackend('MinIO, a plain bucket', {
  folder: 'u01',
  skip: !hasMinio,
  many: 2350,
  place: async () => await placeOn(running(servers.minio), plain),
});

describeBackend('MinIO, a bucket that keeps versions', {
  folder: 'u01',
  skip: !hasMinio,
  place: async () =>
    await placeOn(running(servers.minio), async (client, bucket) => {
      await client.makeBucket(bucket);
      await client.setVersioning(bucket, 'Enabled');
    }),
});

describeBackend('MinIO, a bucket with object lock', {
  folder: 'u01',
  skip: !hasMinio,
  place: async () =>
    await placeOn(
      running(servers.minio),
      async (client, bucket) => await client.makeBucket(bucket, { objectLock: true }),
    ),
});

describeBackend('versitygw, a plain bucket', {
  folder: 'u01',
  skip: !hasVersitygw,
  place: async () => await placeOn(running(servers.versitygw), plain),
});
