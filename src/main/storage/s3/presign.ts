import { Client } from 'minio';
import { revealSecret } from '../../secret.ts';
import type { S3Config } from './connection.ts';

export interface PresignWish {
  readonly method: 'GET' | 'PUT';
  readonly bucket: string;
  readonly key: string;
  /** At most seven days: https://docs.aws.amazon.com/AmazonS3/latest/userguide/using-presigned-url.html */
  readonly expiresInSeconds: number;
  /** Milliseconds since 1970 UTC. */
  readonly signedAt: number;
}

/** Signs a link for the endpoint of the configuration. With the region given, minio computes it and asks nobody. */
export async function presign(config: S3Config, wish: PresignWish): Promise<string> {
  const endpoint = new URL(config.endpoint);
  const client = new Client({
    endPoint: endpoint.hostname.replace(/^\[|\]$/g, ''),
    port: Number(endpoint.port) || (endpoint.protocol === 'https:' ? 443 : 80),
    useSSL: endpoint.protocol === 'https:',
    accessKey: config.accessKey,
    secretKey: revealSecret(config.secretKey, 'signing a link'),
    region: config.region,
    pathStyle: config.pathStyle,
    transport: {
      request: () => {
        throw new Error('signing a link must not send anything');
      },
    } as never, // The one thing that must not happen; no type of a request fits it.
  });
  return await client.presignedUrl(
    wish.method,
    wish.bucket,
    wish.key,
    wish.expiresInSeconds,
    {},
    new Date(wish.signedAt),
  );
}
