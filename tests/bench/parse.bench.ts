import { performance } from 'node:perf_hooks';
import { Client } from 'minio';
import { openS3 } from '../../src/main/storage/index.ts';
import { s3Config } from '../support/s3-place.ts';
import { startCannedServer } from './canned-server.ts';

const PAGES = 100;
const KEYS = PAGES * 1000;

/** Reads a listing of canned pages to its end and answers milliseconds; the server costs both sides the same. */
async function readAll(keys: AsyncIterable<number>): Promise<number> {
  const began = performance.now();
  let seen = 0;
  for await (const count of keys) seen += count;
  if (seen !== KEYS) throw new Error(`${seen} keys instead of ${KEYS}`);
  return performance.now() - began;
}

interface State {
  readonly port: number;
  close(): void;
}

export default {
  name: `parse list pages of ${KEYS} keys`,
  goal: "at least 5 times the pace of minio's own listing",
  setUp: () => startCannedServer(PAGES),
  measures: {
    ours: async ({ port }: State) => {
      const config = s3Config({
        endpoint: `http://127.0.0.1:${port}`,
        accessKey: 'key',
        secretKey: 'secret-key',
        region: 'us-east-1',
      });
      const backend = openS3(config, { bucket: 'docs', prefix: 'users/u001/' });
      try {
        return await readAll(
          (async function* () {
            for await (const { items } of backend.list({ what: 'objects' })) yield items.length;
          })(),
        );
      } finally {
        backend.close();
      }
    },
    minio: async ({ port }: State) => {
      const client = new Client({
        endPoint: '127.0.0.1',
        port,
        useSSL: false,
        accessKey: 'key',
        secretKey: 'secret-key',
        region: 'us-east-1',
      });
      return readAll(
        (async function* () {
          for await (const _ of client.listObjectsV2('docs', 'users/u001/', true)) yield 1;
        })(),
      );
    },
  },
  judge: (medians: { ours: { ms: number }; minio: { ms: number } }) => [
    { what: 'times the pace', ratio: medians.minio.ms / medians.ours.ms, atLeast: 5 },
  ],
  tearDown: (state: State) => state.close(),
};
