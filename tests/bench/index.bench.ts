import type { MinioServer } from '../support/minio.ts';
import { BUCKET, type Platform, preparePlatform } from './platform.ts';

const OBJECTS = Number(process.env.QM_BENCH_INDEX ?? 200_000);

interface State {
  readonly platform: Platform;
  readonly server: MinioServer;
}

export default {
  name: `index ${OBJECTS} objects into the workspace`,
  goal: 'at most 0.6 of mc ls --recursive --json, memory under 300 MB',
  async setUp(): Promise<State> {
    const platform = await preparePlatform(OBJECTS);
    return { platform, server: await platform.server() };
  },
  measures: {
    /** The whole command, from its start to the last row. */
    index: async ({ platform, server }: State) => {
      const { ms, peakRssMb } = platform.qm(platform.workspace(server), 'storage', 'index', 'main');
      return { ms, peakRssMb };
    },
    mc: async ({ platform, server }: State) => platform.mc(server, 'ls', '--recursive', '--json', `bench/${BUCKET}/`),
  },
  judge: (medians: { index: { ms: number; peakRssMb: number }; mc: { ms: number } }) => [
    { what: 'of mc ls', ratio: medians.index.ms / medians.mc.ms, atMost: 0.6 },
    { what: 'of 300 MB', ratio: medians.index.peakRssMb / 300, atMost: 1 },
  ],
  async tearDown({ platform, server }: State): Promise<void> {
    await server.close();
    platform.close();
  },
};
