import type { Command } from 'commander';
import type { ConsoleClient } from '../../../../contract/index.ts';
import type { Profile } from '../../../../contract/storage.ts';
import { Refusal } from '../../../refusal.ts';
import { revealSecret } from '../../../secret.ts';
import { exitCodes, UsageError } from '../failures.ts';
import { readText } from '../input-files.ts';
import type { Invocation } from '../invocation.ts';
import { formatCount, formatSize } from '../sizes.ts';
import { fields, table } from '../table.ts';
import { exactTime, relativeTime } from '../times.ts';
import { addVerb, type Carry, duration, flag, mandatory, type Outcome, optional, toggle } from '../verb.ts';
import { addGroup, given, versionOf } from './group.ts';
import { runIndex } from './storage-index.ts';
import { expectedVersion } from './users.ts';

const MAX_PEM_BYTES = 100_000;
const [virtualHost, pathStyle] = toggle(
  'virtual-host',
  'the bucket stands in the host name',
  'the bucket stands in the path',
);

export function addStorage(program: Command, carry: Carry): void {
  const group = addGroup(program, 'storage', 'Where documents lie: the built-in folder store, MinIO and S3 servers.');
  addReading(group, carry);
  addWriting(group, carry);
  addWork(group, carry);
}

function addReading(group: Command, carry: Carry): void {
  addVerb(group, carry, {
    verb: 'list',
    about: 'List the stores that the console knows.',
    examples: ['storage list', 'storage list --json'],
    async run(_given, _options, invocation) {
      const { client } = await invocation.signIn();
      const answer = await client.storage.list({});
      const now = invocation.terminal.now();
      const text = table(
        answer.rows,
        [
          { title: 'NAME', value: (row) => (row.own ? `${row.name} (own)` : row.name) },
          { title: 'KIND', value: (row) => row.kind },
          { title: 'ENDPOINT', value: (row) => row.endpoint ?? '–', canShrink: true },
          { title: 'BUCKET', value: (row) => row.bucket ?? '–', canShrink: true, canGo: 3 },
          { title: 'LAYOUT', value: (row) => row.layout, canShrink: true, canGo: 2 },
          { title: 'DOCUMENTS', value: (row) => formatCount(row.documents), align: 'right' },
          { title: 'SIZE', value: (row) => formatSize(row.bytes), align: 'right' },
          {
            title: 'INDEXED',
            value: (row) => (row.lastIndexedAt === null ? 'never' : relativeTime(row.lastIndexedAt, now)),
            canGo: 1,
          },
        ],
        { empty: 'The console knows no store.', width: invocation.width },
      );
      return { value: answer, text };
    },
  });

  addVerb(group, carry, {
    verb: 'check',
    about: 'Look whether a store can be used, and what to do where it cannot.',
    arguments: { name: "the store's name" },
    examples: ['storage check main', 'storage check main --json'],
    async run({ name }, _options, invocation) {
      const { client } = await invocation.signIn();
      const answer = await client.storage.check({ profile: name }, { signal: invocation.signal });
      const text = table(
        answer.findings,
        [
          { title: 'CHECK', value: (row) => row.check },
          { title: 'OUTCOME', value: (row) => row.outcome },
          { title: 'FINDING', value: (row) => row.message },
        ],
        { empty: 'There was nothing to check.' },
      );
      return { value: answer, text, exit: answer.ok ? exitCodes.done : exitCodes.failed };
    },
  });
}

function addWriting(group: Command, carry: Carry): void {
  addVerb(group, carry, {
    verb: 'add',
    about: 'Add a MinIO or S3 server.',
    options: {
      name: mandatory('--name <name>', 'what people call it'),
      endpoint: mandatory('--endpoint <address>', 'http(s)://host:port'),
      bucket: mandatory('--bucket <name>', 'the bucket, or the prefix of all buckets with a bucket per user'),
      region: optional('--region <name>', 'us-east-1 unless said otherwise'),
      layout: optional(
        '--layout <layout>',
        "where each user's documents lie: 'users/{userId}/' unless said otherwise, '{externalId}/', 'bucket:{externalId}' (a bucket each) or the like",
      ),
      accessKey: mandatory('--access-key <key>', 'the access key'),
      secretFile: optional('--secret-file <file>', "the secret key stands in this file ('-': standard input)"),
      publicEndpoint: optional('--public-endpoint <address>', 'where users reach it; links are signed for it'),
      virtualHost: flag('--virtual-host', 'the bucket stands in the host name instead of the path'),
      authority: optional('--authority-file <file>', "PEM of the server's own certificate authority"),
      own: flag('--own', "this is the platform's own store"),
    },
    examples: [
      "storage add --name main --endpoint http://127.0.0.1:9000 --bucket docs --region us-east-1 --layout 'users/{externalId}/' --access-key K --secret-file F --own",
      'storage add --name archive --endpoint https://s3.example.org --bucket archive --access-key K --secret-file F --public-endpoint https://files.example.org',
    ],
    async run(_given, options, invocation) {
      const { name, endpoint, bucket, region, layout, accessKey, publicEndpoint } = options;
      const secret = await invocation.secretOf(options.secretFile, 'the secret key', '--secret-file');
      const authorityPem = await pemOf(options.authority, invocation);
      const { client } = await invocation.signIn();
      const { profile } = await client.storage.add({
        name,
        endpoint,
        bucket,
        accessKey,
        own: options.own,
        pathStyle: !options.virtualHost,
        secretKey: revealSecret(secret, 'credentials of a new store'),
        ...given({ region, layout, publicEndpoint, authorityPem }),
      });
      return showProfile(
        profile,
        invocation,
        `${profile.name} was added. Bring its documents in with: qm storage index ${profile.name}`,
      );
    },
  });

  addVerb(group, carry, {
    verb: 'update',
    about: 'Change how a store is reached, or its keys.',
    arguments: { name: "the store's name" },
    options: {
      endpoint: optional('--endpoint <address>', 'http(s)://host:port'),
      publicEndpoint: optional('--public-endpoint <address>', "where users reach it; '' for the same"),
      region: optional('--region <name>', 'the region'),
      virtualHost,
      pathStyle,
      accessKey: optional('--access-key <key>', 'the new access key'),
      secretFile: optional('--secret-file <file>', "the new secret key stands in this file ('-': standard input)"),
      authority: optional('--authority-file <file>', "PEM of the server's own certificate authority"),
      own: flag('--own', "make it the platform's own store"),
      expectedVersion,
    },
    examples: [
      'storage update main --access-key K --secret-file F',
      'storage update main --public-endpoint https://files.example.org',
    ],
    async run({ name }, options, invocation) {
      const { endpoint, region, accessKey } = options;
      const secret =
        options.secretFile === undefined
          ? undefined
          : await invocation.secretOf(options.secretFile, 'the secret key', '--secret-file');
      const authorityPem = await pemOf(options.authority, invocation);
      const { client } = await invocation.signIn();
      const version = await versionOf(options.expectedVersion, () => findProfile(client, name));
      const { profile } = await client.storage.update({
        profile: name,
        expectedVersion: version,
        ...given({ endpoint, region, accessKey, authorityPem }),
        ...(options.publicEndpoint === undefined ? {} : { publicEndpoint: options.publicEndpoint || null }),
        ...(options.virtualHost === undefined ? {} : { pathStyle: !options.virtualHost }),
        ...(options.own ? { own: true } : {}),
        ...(secret ? { secretKey: revealSecret(secret, 'new credentials of a store') } : {}),
      });
      return showProfile(profile, invocation, `${profile.name} was changed.`);
    },
  });

  addVerb(group, carry, {
    verb: 'remove',
    about: 'Forget a store that holds no documents; its objects are not touched.',
    arguments: { name: "the store's name" },
    options: { expectedVersion },
    examples: ['storage remove archive', 'storage remove archive --expected-version 2'],
    async run({ name }, { expectedVersion: seen }, invocation) {
      const { client } = await invocation.signIn();
      const version = await versionOf(seen, () => findProfile(client, name));
      const removed = await client.storage.remove({ profile: name, expectedVersion: version });
      return { value: removed, text: `${name} was removed from the console. Nothing on the server was touched.` };
    },
  });
}

function addWork(group: Command, carry: Carry): void {
  addVerb(group, carry, {
    verb: 'index',
    about: 'Bring the documents of a store, or of a cloud connection, into the workspace.',
    maybe: { name: "the store's name" },
    options: { connection: optional('--connection <id>', 'of this cloud connection instead') },
    examples: ['storage index main', 'storage index --connection 01936f00-0000-7000-8000-000000000001'],
    async run({ name }, { connection }, invocation) {
      if ((name === undefined) === (connection === undefined))
        throw new UsageError('Name a store, or a cloud connection with --connection ID: one or the other.');
      return runIndex(invocation, connection === undefined ? { profile: name ?? '' } : { connectionId: connection });
    },
  });

  addVerb(group, carry, {
    verb: 'link',
    about: 'Make a link to one object that works for a while without signing in.',
    arguments: { name: "the store's name", key: "the object's key, exactly" },
    options: {
      upload: flag('--upload', 'for uploading to that key instead of downloading from it'),
      expires: duration('--expires <time>', '90, 15m, 2h, 7d at most; 1h unless said otherwise'),
      tryIt: flag('--try', 'try it before it is handed out: this sends one request'),
    },
    examples: [
      'storage link main users/u001/report.pdf --expires 2h',
      'storage link main users/u001/new.pdf --upload --try',
    ],
    async run({ name, key }, { upload, expires, tryIt }, invocation) {
      const { client } = await invocation.signIn();
      const wish = {
        profile: name,
        key,
        for: upload ? ('upload' as const) : ('download' as const),
        tryIt,
        ...given({ expiresInSeconds: expires }),
      };
      const link = await client.storage.link(wish, { signal: invocation.signal });
      const tried = link.tried ? `\n${link.tried.ok ? 'Tried: it works.' : `Tried: ${link.tried.message}`}` : '';
      return {
        value: link,
        text: `${link.url}\n\nIt works until ${exactTime(link.expiresAt, invocation.terminal.now())}.${tried}`,
        exit: link.tried && !link.tried.ok ? exitCodes.failed : exitCodes.done,
      };
    },
  });
}

async function pemOf(file: string | undefined, invocation: Invocation): Promise<string | undefined> {
  return file === undefined
    ? undefined
    : readText(file, 'a certificate authority as PEM', invocation.stdin, MAX_PEM_BYTES);
}

async function findProfile(client: ConsoleClient, name: string): Promise<Profile> {
  const { rows } = await client.storage.list({});
  const found = rows.find((row) => row.name.toLowerCase() === name.toLowerCase());
  if (!found) throw new Refusal('NOT_FOUND', `The console knows no store called ${name}.`, { what: 'profile', name });
  return found;
}

function showProfile(profile: Profile, invocation: Invocation, sentence: string): Outcome {
  const text = fields([
    ['Name', profile.name],
    ['Id', profile.id],
    ['Kind', profile.own ? `${profile.kind}, the platform's own store` : profile.kind],
    ['Endpoint', profile.endpoint],
    ['Public endpoint', profile.publicEndpoint],
    ['Region', profile.region],
    ['Bucket', profile.bucket],
    ['Layout', profile.layout],
    ['Access key', profile.accessKey],
    ['Own authority', profile.hasOwnAuthority ? 'yes' : null],
    ['Documents', `${formatCount(profile.documents)}, ${formatSize(profile.bytes)}`],
    ['Indexed', profile.lastIndexedAt === null ? 'never' : exactTime(profile.lastIndexedAt, invocation.terminal.now())],
    ['Version', String(profile.version)],
  ]);
  return { value: profile, text: `${sentence}\n\n${text}` };
}
