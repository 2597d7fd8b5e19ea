import { afterAll, beforeAll, expect, test } from 'vitest';
import { findMinio, type MinioServer, startMinio } from '../support/minio.ts';

const hasMinio = findMinio() !== null;
let server: MinioServer;

beforeAll(async () => {
  if (hasMinio) server = await startMinio();
});
afterAll(async () => {
  await server?.close();
});

test.skipIf(!hasMinio)(
  'a test MinIO answers, goes down, and comes back on the same port with the same drive',
  async () => {
    const ready = async (): Promise<number> => (await fetch(`${server.endpoint}/minio/health/ready`)).status;
    expect(await ready()).toBe(200);
    const { endpoint, pid } = server;
    await server.stop();
    await expect(ready()).rejects.toThrow();
    await server.start();
    expect(server.endpoint).toBe(endpoint);
    expect(server.pid).not.toBe(pid);
    expect(await ready()).toBe(200);
  },
);
