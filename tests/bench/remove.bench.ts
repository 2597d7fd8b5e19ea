import { performance } from 'node:perf_hooks';
import { type ObjectRef, openS3, type StorageBackend } from '../../src/main/storage/index.ts';
import type { MinioServer } from '../support/minio.ts';
import { s3Config } from '../support/s3-place.ts';
import { BUCKET, leaver, type Platform, PREFIX, preparePlatform } from './platform.ts';

const OBJECTS = Number(process.env.QM_BENCH_REMOVE ?? 50_000);

async function onFreshServer<Result>(
  platform: Platform,
  work: (server: MinioServer) => Promise<Result>,
): Promise<Result> {
  const server = await platform.server();
  try {
    return await work(server);
  } finally {
    await server.close();
  }
}

/** List, remove four batches at a time, list again: nothing recorded, nothing survived. */
async function bare(backend: StorageBackend): Promise<number> {
  const began = performance.now();
  const pages: (readonly ObjectRef[])[] = [];
  for await (const { items } of backend.list({ what: 'objects' })) if (items.length > 0) pages.push(items);
  const next = pages.values();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      for (const page of next) await backend.remove(page);
    }),
  );
  for await (const { items } of backend.list({ what: 'objects' }))
    if (items.length > 0) throw new Error('something is left');
  return performance.now() - began;
}

export default {
  name: `remove ${OBJECTS} objects from a local MinIO`,
  goal: 'by a deletion, records and all: at most 0.75 of mc rm, at most 1.25 of the bare list, remove, list again',
  setUp: () => preparePlatform(OBJECTS),
  measures: {
    /** The whole command, from its start to its certificate. */
    deletion: (platform: Platform) =>
      onFreshServer(platform, async (server) => {
        const workspace = platform.workspace(server);
        const plan: { id: string } = JSON.parse(platform.qm(workspace, 'deletions', 'plan', leaver).stdout);
        const { ms, peakRssMb } = platform.qm(workspace, 'deletions', 'start', plan.id, '--confirm', leaver);
        return { ms, peakRssMb };
      }),
    mc: (platform: Platform) =>
      onFreshServer(platform, async (server) =>
        platform.mc(server, 'rm', '--recursive', '--force', `bench/${BUCKET}/${PREFIX}`),
      ),
    bare: (platform: Platform) =>
      onFreshServer(platform, async (server) => {
        const backend = openS3(s3Config(server), { bucket: BUCKET, prefix: PREFIX });
        try {
          return await bare(backend);
        } finally {
          backend.close();
        }
      }),
  },
  judge: (medians: { deletion: { ms: number }; mc: { ms: number }; bare: { ms: number } }) => [
    { what: 'of mc rm', ratio: medians.deletion.ms / medians.mc.ms, atMost: 0.75 },
    { what: 'of the bare removal', ratio: medians.deletion.ms / medians.bare.ms, atMost: 1.25 },
  ],
  tearDown: (platform: Platform) => platform.close(),
};
