import { createHash } from 'node:crypto';
import * as http from 'node:http';
import * as https from 'node:https';
import { getCACertificates } from 'node:tls';
import type { Actor, Ground } from '../../ground.ts';
import { Refusal } from '../../refusal.ts';
import { isPathSafe, presign } from '../s3/index.ts';
import type { S3ProfileConfiguration } from './configuration.ts';
import { parseLayout } from './layout.ts';
import { s3ConfigOf } from './opening.ts';
import { findProfile } from './profile-rows.ts';

export interface LinkWish {
  readonly profile: string;
  readonly key: string;
  readonly for: 'download' | 'upload';
  readonly expiresInSeconds: number;
  readonly tryIt: boolean;
}

export interface Link {
  readonly url: string;
  readonly expiresAt: string;
  readonly tried: { readonly ok: boolean; readonly message: string } | null;
}

/** How long a link may take to answer when it is tried. */
const TRY_MS = 15_000;

/**
 * A presigned link for the public endpoint, with the profile's region, computed without any request (S3). With `tryIt`
 * one request goes out: a download is asked for its first byte, an upload is announced and never sent.
 */
export async function makeLink(ground: Ground, actor: Actor, wish: LinkWish, signal?: AbortSignal): Promise<Link> {
  const row = findProfile(ground.workspace.db, wish.profile);
  const { configuration } = row;
  if (configuration.kind !== 's3') {
    throw new Refusal(
      'STORAGE_REFUSED',
      'The built-in store is a folder on this machine: there are no links to its documents.',
    );
  }
  const { bucket, key } = placeOf(configuration, wish.key);
  if (!isPathSafe(key)) {
    throw new Refusal(
      'STORAGE_UNSAFE',
      "A link to this key would lead to another one: browsers and proxies rewrite '.', '..' and empty parts of a path.",
    );
  }
  const config = await s3ConfigOf(ground, row, configuration);
  const signedAt = Math.floor(ground.clock() / 1000) * 1000;
  const url = await presign(
    { ...config, endpoint: configuration.publicEndpoint ?? configuration.endpoint },
    {
      method: wish.for === 'download' ? 'GET' : 'PUT',
      bucket,
      key,
      expiresInSeconds: wish.expiresInSeconds,
      signedAt,
    },
  );
  const tried = wish.tryIt ? await tryLink(url, wish.for, configuration.authorityPem, signal) : null;
  ground.workspace.transaction((tx) =>
    ground.audit.append(tx, {
      actor,
      event: 'admin.link_created',
      target: { kind: 'profile', id: row.id },
      metadata: {
        for: wish.for,
        bucket,
        // A key may hold a name or a mail address; its hash says which object to somebody who knows the key.
        keySha256: createHash('sha256').update(wish.key).digest('hex'),
        expiresInSeconds: wish.expiresInSeconds,
        ...(tried ? { works: tried.ok } : {}),
      },
    }),
  );
  return { url, expiresAt: new Date(signedAt + wish.expiresInSeconds * 1000).toISOString(), tried };
}

/** Where a bucket belongs to each user, the key begins with the bucket's name, as the record has it. */
function placeOf({ bucket, layout }: S3ProfileConfiguration, key: string): { bucket: string; key: string } {
  if (parseLayout(layout).kind === 'folders') return { bucket, key };
  const slash = key.indexOf('/');
  const name = key.slice(0, Math.max(slash, 0));
  if (slash === key.length - 1 || name === '' || !name.startsWith(bucket)) {
    throw new Refusal(
      'STORAGE_UNSAFE',
      `In '${bucket}…' each user has a bucket: write the key as BUCKET/KEY, as the list of documents shows it.`,
    );
  }
  return { bucket: name, key: key.slice(slash + 1) };
}

/**
 * A download link is asked for one byte. An upload link is announced with `Expect: 100-continue` (RFC 9110, 10.1.1) and
 * cut off when the server is ready to take it: not a byte is sent, so nothing is stored.
 */
function tryLink(
  url: string,
  purpose: 'download' | 'upload',
  authorityPem: string | null,
  signal: AbortSignal | undefined,
): Promise<{ ok: boolean; message: string }> {
  return new Promise((resolve) => {
    const isUpload = purpose === 'upload';
    const secure = url.startsWith('https:');
    const request = (secure ? https : http).request(url, {
      method: isUpload ? 'PUT' : 'GET',
      headers: isUpload ? { expect: '100-continue', 'content-length': '1' } : { range: 'bytes=0-0' },
      agent: false,
      ...(secure && authorityPem !== null ? { ca: [...getCACertificates('default'), authorityPem] } : {}),
    });
    const end = (ok: boolean, message: string): void => {
      clearTimeout(timer);
      signal?.removeEventListener('abort', abort);
      request.destroy();
      resolve({ ok, message });
    };
    const timer = setTimeout(() => end(false, 'The public endpoint did not answer in time.'), TRY_MS);
    const abort = (): void => end(false, 'Trying the link was cancelled.');
    signal?.addEventListener('abort', abort, { once: true });
    request.on('error', (error: NodeJS.ErrnoException) =>
      end(false, `The public endpoint cannot be reached (${error.code ?? 'no answer'}).`),
    );
    request.on('continue', () =>
      end(true, 'The server is ready to take an upload through the link; nothing was sent.'),
    );
    request.on('response', ({ statusCode = 0 }) => {
      if (!isUpload && (statusCode === 200 || statusCode === 206)) end(true, 'The link works.');
      // An empty object has no first byte.
      else if (!isUpload && statusCode === 416) end(true, 'The link works; the object is empty.');
      else if (statusCode === 404) end(false, 'The link is accepted, but there is no such object (404).');
      else if (statusCode === 403)
        end(
          false,
          'The server does not accept the link (403): check the public endpoint, the region and the access key.',
        );
      else end(false, `The server answered ${statusCode}.`);
    });
    if (isUpload) request.flushHeaders();
    else request.end();
  });
}
