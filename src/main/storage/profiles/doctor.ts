import type { z } from 'zod';
import { plural } from '../../../contract/figures.ts';
import type { CheckFinding } from '../../../contract/storage.ts';
import type { Ground } from '../../ground.ts';
import { StorageError } from '../port.ts';
import { isCertificateCode, openS3Reader } from '../s3/index.ts';
import type { S3ProfileConfiguration } from './configuration.ts';
import { parseLayout } from './layout.ts';
import { type FolderStores, s3ConfigOf } from './opening.ts';
import type { ProfileRow } from './profile-rows.ts';

type Finding = z.infer<typeof CheckFinding>;
type Check = Finding['check'];

const ORDER: readonly Check[] = [
  'reachable',
  'credentials',
  'bucket',
  'list',
  'clock',
  'region',
  'versioning',
  'objectLock',
];
const NOT_REACHED = 'Not looked at: something before it failed.';
/** S3 refuses requests that are 15 minutes off: https://docs.aws.amazon.com/AmazonS3/latest/API/ErrorResponses.html */
const CLOCK_FAILS_MS = 15 * 60_000;
const CLOCK_WARNS_MS = 60_000;

/** Looks a profile over and says of each thing what was found and what to do. Changes nothing on the server. */
export async function checkProfile(
  ground: Ground,
  folders: FolderStores,
  row: ProfileRow,
  signal?: AbortSignal,
): Promise<{ ok: boolean; findings: Finding[] }> {
  const findings =
    row.configuration.kind === 'folder'
      ? await checkFolder(folders, row)
      : await checkS3(ground, row, row.configuration, signal);
  return { ok: findings.every(({ outcome }) => outcome !== 'failed'), findings };
}

async function checkFolder(folders: FolderStores, row: ProfileRow): Promise<Finding[]> {
  try {
    const { ok, message } = await (await folders.get(row.id)).check();
    return [{ check: 'reachable', outcome: ok ? 'ok' : 'failed', message }];
  } catch (error) {
    if (!(error instanceof StorageError)) throw error;
    return [{ check: 'reachable', outcome: 'failed', message: error.message }];
  }
}

async function checkS3(
  ground: Ground,
  row: ProfileRow,
  configuration: S3ProfileConfiguration,
  signal: AbortSignal | undefined,
): Promise<Finding[]> {
  const reader = openS3Reader(await s3ConfigOf(ground, row, configuration), { clock: ground.clock });
  const found = new Map<Check, Omit<Finding, 'check'>>();
  const say = (check: Check, outcome: Finding['outcome'], message: string): void => {
    if (!found.has(check)) found.set(check, { outcome, message });
  };
  try {
    await look(reader, configuration, say, signal);
  } catch (error) {
    if (!(error instanceof StorageError) || error.failure === 'aborted') throw error;
    blame(error, say);
  } finally {
    const skew = reader.clockSkewMs;
    if (skew !== null) sayClock(skew, say);
    reader.close();
  }
  return ORDER.map((check) => ({
    check,
    ...(found.get(check) ?? { outcome: 'unknown' as const, message: NOT_REACHED }),
  }));
}

type Say = (check: Check, outcome: Finding['outcome'], message: string) => void;

async function look(
  reader: ReturnType<typeof openS3Reader>,
  configuration: S3ProfileConfiguration,
  say: Say,
  signal: AbortSignal | undefined,
): Promise<void> {
  const layout = parseLayout(configuration.layout);
  if (layout.kind === 'buckets') {
    const buckets = (await reader.buckets(signal)).filter((name) => name.startsWith(configuration.bucket));
    say('reachable', 'ok', 'The server answers.');
    say('credentials', 'ok', 'The access key works.');
    say(
      'bucket',
      buckets.length > 0 ? 'ok' : 'warning',
      `${plural(buckets.length, 'bucket begins', 'buckets begin')} with '${configuration.bucket}'.`,
    );
    const first = buckets[0];
    if (first === undefined) return;
    await reader.firstKey(first, '', signal);
    say('list', 'ok', `The bucket '${first}' can be listed.`);
    await lookAtSettings(reader, first, say, signal);
    return;
  }
  await reader.firstKey(configuration.bucket, layout.before, signal);
  say('reachable', 'ok', 'The server answers.');
  say('credentials', 'ok', 'The access key works.');
  say('bucket', 'ok', `The bucket '${configuration.bucket}' is there.`);
  say('list', 'ok', 'It can be listed.');
  const region = await reader.region(configuration.bucket, signal);
  if (region === null)
    say('region', 'unknown', 'The access key may not read where the bucket is. Give it s3:GetBucketLocation.');
  else if (region === configuration.region) say('region', 'ok', `The region is '${configuration.region}'.`);
  else
    say(
      'region',
      'warning',
      `The bucket is in '${region}', the profile says '${configuration.region}': presigned links may not work. Correct the profile.`,
    );
  await lookAtSettings(reader, configuration.bucket, say, signal);
}

async function lookAtSettings(
  reader: ReturnType<typeof openS3Reader>,
  bucket: string,
  say: Say,
  signal: AbortSignal | undefined,
): Promise<void> {
  const settings = await reader.settings(bucket, signal);
  if (settings.versioning === 'unknown')
    say(
      'versioning',
      'unknown',
      'The access key may not read whether the bucket keeps versions. Give it s3:GetBucketVersioning.',
    );
  else if (settings.versioning === 'off')
    say('versioning', 'ok', 'The bucket keeps no versions: what is removed is gone.');
  else if (settings.versioning === 'suspended')
    say(
      'versioning',
      'warning',
      'Versioning is suspended; older versions may still stand. A deletion removes them too.',
    );
  else say('versioning', 'ok', 'The bucket keeps versions; a deletion removes every one of them.');
  if (settings.defaultRetention !== null)
    say(
      'objectLock',
      'warning',
      `Everything new is locked for ${settings.defaultRetention}; until then a deletion leaves it over, with its date.`,
    );
  else if (settings.hasObjectLock)
    say('objectLock', 'warning', 'Objects can be locked; what is locked is left over by a deletion, with its date.');
  else say('objectLock', 'ok', 'Nothing in the bucket can be locked.');
}

function sayClock(skewMs: number, say: Say): void {
  const seconds = Math.round(Math.abs(skewMs) / 1000);
  const way = skewMs > 0 ? 'ahead of' : 'behind';
  if (Math.abs(skewMs) < CLOCK_WARNS_MS) say('clock', 'ok', 'The clocks agree.');
  else if (Math.abs(skewMs) < CLOCK_FAILS_MS)
    say(
      'clock',
      'warning',
      `The server's clock is ${seconds} s ${way} this machine's. At 15 minutes it refuses everything. Set the one that is wrong.`,
    );
  else
    say(
      'clock',
      'failed',
      `The server's clock is ${seconds} s ${way} this machine's, so it refuses requests. Set the one that is wrong.`,
    );
}

/** Which of the checks a failure answers. */
function blame(error: StorageError, say: Say): void {
  const { failure, serverCode, message } = error;
  if (failure === 'offline' || failure === 'backend' || failure === 'invalid_answer' || isCertificateCode(serverCode)) {
    say('reachable', 'failed', message);
    return;
  }
  say('reachable', 'ok', 'The server answers.');
  if (failure === 'reauthorise') say('credentials', 'failed', message);
  else if (serverCode === 'RequestTimeTooSkewed') say('clock', 'failed', message);
  else if (
    serverCode === 'AuthorizationHeaderMalformed' ||
    serverCode === 'IncorrectEndpoint' ||
    /^3\d\d$|Redirect/.test(serverCode ?? '')
  )
    say('region', 'failed', message);
  else if (serverCode === 'NoSuchBucket') {
    say('credentials', 'ok', 'The access key works.');
    say('bucket', 'failed', `${message} Make the bucket, or correct its name in the profile.`);
  } else say('list', 'failed', message);
}
