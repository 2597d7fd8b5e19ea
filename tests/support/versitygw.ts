import { mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { findVersitygw, freePort, startProcess } from './minio.ts';

/** A second S3 server that shares no code with MinIO: versitygw over a folder. */
export interface VersitygwServer {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  close(): Promise<void>;
}

export async function startVersitygw(options: { versioning?: boolean } = {}): Promise<VersitygwServer> {
  const binary = findVersitygw();
  if (!binary) throw new Error('no versitygw binary: set QM_VERSITYGW_BIN');
  const home = await mkdtemp(join(tmpdir(), 'qm-versitygw-'));
  const [accessKey, secretKey] = ['qm-test-root', 'qm-test-root-secret-0123456789'];
  for (const folder of ['drive', 'versions', 'sidecar']) await mkdir(join(home, folder));
  const port = await freePort();
  const endpoint = `http://127.0.0.1:${port}`;
  const server = await startProcess(
    binary,
    [
      ...['--port', `127.0.0.1:${port}`, '--access', accessKey, '--secret', secretKey, '--quiet', '--keep-alive'],
      'posix',
      // Metadata beside the files: not every temporary folder keeps extended attributes.
      ...['--sidecar', join(home, 'sidecar')],
      ...(options.versioning ? ['--versioning-dir', join(home, 'versions')] : []),
      join(home, 'drive'),
    ],
    { HOME: home },
    async () => {
      const answer = await fetch(endpoint, { signal: AbortSignal.timeout(2_000) });
      await answer.arrayBuffer();
      return answer.status > 0;
    },
  );
  return {
    endpoint,
    accessKey,
    secretKey,
    region: 'us-east-1',
    async close() {
      await server.end();
      await rm(home, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}
