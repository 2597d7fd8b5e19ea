import type { Command } from 'commander';
import type { Connection } from '../../../../contract/connections.ts';
import type { ConsoleClient } from '../../../../contract/index.ts';
import { revealSecret } from '../../../secret.ts';
import { exitCodes, hasCode, UsageError } from '../failures.ts';
import type { Invocation } from '../invocation.ts';
import { countOf, formatCount, formatSize } from '../sizes.ts';
import { fields, table } from '../table.ts';
import { exactTime, relativeTime } from '../times.ts';
import {
  addVerb,
  type Carry,
  choice,
  flag,
  mandatory,
  mandatoryChoice,
  type Outcome,
  optional,
  toggle,
  wholeNumber,
} from '../verb.ts';
import { addGroup, given, versionOf } from './group.ts';
import { importDocuments } from './import-documents.ts';
import { moreOf, pageOptions, readPages } from './paging.ts';
import { expectedVersion } from './users.ts';

const [ownedRoot, notOwnedRoot] = toggle(
  'owned-root',
  "the root is the platform's own: a deletion removes everything below it",
  'the root holds other things too: a deletion removes the recorded documents and nothing else',
);

export function addConnections(program: Command, carry: Carry): void {
  const group = addGroup(program, 'connections', "Users' links to their clouds.");
  addReading(group, carry);
  addWriting(group, carry);
}

function addReading(group: Command, carry: Carry): void {
  addVerb(group, carry, {
    verb: 'list',
    about: 'List cloud connections, across users unless one is named.',
    options: {
      user: optional('--user <user>', 'only of this user'),
      state: choice('--state <state>', 'only those', ['works', 'reauthorise', 'unreachable', 'untested']),
      ...pageOptions,
    },
    examples: ['connections list', 'connections list --user ada@example.org --json'],
    async run(_given, options, invocation) {
      const { client } = await invocation.signIn();
      const filter = given({ user: options.user, state: options.state });
      const page = await readPages(options, (at) => client.connections.list({ ...filter, ...at }), invocation.signal);
      if (invocation.isJson) return { value: page, text: '' };
      const now = invocation.terminal.now();
      const users = await usersOf(page.rows, client, invocation.signal);
      const text = table(
        page.rows,
        [
          { title: 'ID', value: (row) => row.id },
          { title: 'USER', value: (row) => users.get(row.userId) ?? row.userId, canShrink: true },
          { title: 'PROVIDER', value: (row) => row.provider, canGo: 4 },
          { title: 'LABEL', value: (row) => row.label, canShrink: true, canGo: 6 },
          { title: 'ACCOUNT', value: (row) => row.account, canShrink: true, canGo: 5 },
          {
            title: 'ROOT',
            value: (row) => (row.ownedRoot ? `${row.root} (owned)` : row.root),
            canShrink: true,
            canGo: 2,
          },
          { title: 'STATE', value: (row) => row.state },
          { title: 'DOCUMENTS', value: (row) => formatCount(row.documents), align: 'right' },
          { title: 'SIZE', value: (row) => formatSize(row.bytes), align: 'right', canGo: 3 },
          { title: 'CHECKED', value: (row) => relativeTime(row.lastCheckedAt, now), canGo: 1 },
        ],
        { empty: 'There is no cloud connection.', width: invocation.width },
      );
      return { value: page, text: text + moreOf(page.next, 'qm connections list …') };
    },
  });

  addVerb(group, carry, {
    verb: 'test',
    about: 'Try a connection: read its root, and one recorded document where there is one.',
    arguments: { id: "the connection's id" },
    examples: ['connections test 01936f00-0000-7000-8000-000000000001', 'connections test $ID --json'],
    async run({ id }, _options, invocation) {
      const { client } = await invocation.signIn();
      const answer = await client.connections.test({ connectionId: id }, { signal: invocation.signal });
      return {
        value: answer,
        text: `${answer.ok ? 'It works' : 'It does not work'}: ${answer.message}`,
        exit: answer.ok ? exitCodes.done : exitCodes.failed,
      };
    },
  });
}

function addWriting(group: Command, carry: Carry): void {
  addVerb(group, carry, {
    verb: 'add',
    about: "Connect a user's cloud by password or key.",
    options: {
      user: mandatory('--user <user>', 'mail address, id or external id'),
      provider: mandatoryChoice('--provider <provider>', 'what kind of cloud', ['webdav', 's3']),
      url: mandatory('--url <address>', 'its http or https address, without user or password'),
      username: mandatory('--username <name>', 'user name, or access key of S3'),
      secretFile: optional('--secret-file <file>', "password or secret key stands in this file ('-': standard input)"),
      root: mandatory('--root <path>', 'the folder within the cloud, starting with /'),
      ownedRoot: flag(
        '--owned-root',
        "the root is the platform's own: a deletion removes everything below it; without this it removes the recorded documents and nothing else",
      ),
      label: optional('--label <text>', 'what people call it'),
      bucket: optional('--bucket <name>', 'of S3'),
      region: optional('--region <name>', 'of S3, us-east-1 unless said otherwise'),
      virtualHost: flag('--virtual-host', 'S3 with the bucket in the host name instead of the path'),
    },
    examples: [
      'connections add --user ada@example.org --provider webdav --url http://127.0.0.1:8080/dav/ --username ada --secret-file F --root /platform --owned-root',
      'connections add --user u001 --provider s3 --url https://s3.example.org --bucket ada --username KEY --secret-file F --root /platform',
    ],
    async run(_given, options, invocation) {
      const { provider, user, url, username, root, label, bucket, region } = options;
      const secret = await invocation.secretOf(options.secretFile, 'the password of the cloud', '--secret-file');
      const common = {
        user,
        url,
        username,
        root,
        ownedRoot: options.ownedRoot,
        secret: revealSecret(secret, 'credentials of a new connection'),
        ...given({ label }),
      };
      if (provider === 's3' && bucket === undefined) throw new UsageError('An S3 connection needs --bucket.');
      if (provider === 'webdav' && (bucket !== undefined || region !== undefined || options.virtualHost))
        throw new UsageError('--bucket, --region and --virtual-host belong to S3, not to WebDAV.');
      const { client } = await invocation.signIn();
      const { connection } = await client.connections.add(
        provider === 'webdav'
          ? { provider, ...common }
          : { provider, ...common, bucket: bucket ?? '', pathStyle: !options.virtualHost, ...given({ region }) },
      );
      return showConnection(
        connection,
        invocation,
        `${connection.label} was recorded; it was not tried yet. Try it: qm connections test ${connection.id}`,
      );
    },
  });

  addVerb(group, carry, {
    verb: 'import',
    about:
      'Record which documents the platform put into a cloud, from a file of JSON lines (or a JSON list) of {key, size, etag, modifiedAt}.',
    options: {
      connection: mandatory('--connection <id>', "the connection's id"),
      documents: mandatory('--documents <file>', "the file ('-': standard input)"),
    },
    examples: [
      'connections import --connection $ID --documents documents.jsonl',
      'connections import --connection ID --documents - < documents.jsonl',
    ],
    run: (_given, { connection, documents }, invocation) => importDocuments(invocation, connection, documents),
  });

  addVerb(group, carry, {
    verb: 'update',
    about: 'Change a connection: its label, address, credentials or root.',
    arguments: { id: "the connection's id" },
    options: {
      label: optional('--label <text>', 'what people call it'),
      url: optional('--url <address>', 'the new address'),
      username: optional('--username <name>', 'the new user name'),
      secretFile: optional('--secret-file <file>', "the new password stands in this file ('-': standard input)"),
      root: optional('--root <path>', 'the new root'),
      ownedRoot,
      notOwnedRoot,
      expectedVersion,
    },
    examples: [
      'connections update $ID --secret-file F',
      'connections update $ID --label "Ada at home" --no-owned-root',
    ],
    async run({ id }, options, invocation) {
      const { label, url, username, root, ownedRoot: owned } = options;
      const secret =
        options.secretFile === undefined
          ? undefined
          : await invocation.secretOf(options.secretFile, 'the password of the cloud', '--secret-file');
      const { client } = await invocation.signIn();
      const version = await versionOf(
        options.expectedVersion,
        async () => (await client.connections.show({ connectionId: id })).connection,
      );
      const { connection } = await client.connections.update({
        connectionId: id,
        expectedVersion: version,
        ...given({ label, url, username, root, ownedRoot: owned }),
        ...(secret ? { secret: revealSecret(secret, 'new credentials of a connection') } : {}),
      });
      const untried =
        connection.state === 'untested' ? ` It was not tried yet: qm connections test ${connection.id}` : '';
      return showConnection(connection, invocation, `${connection.label} was changed.${untried}`);
    },
  });

  addVerb(group, carry, {
    verb: 'remove',
    about: 'Remove a connection and what is recorded of it; objects in the cloud are not touched.',
    arguments: { id: "the connection's id" },
    options: {
      confirmDocuments: wholeNumber('--confirm-documents <count>', 'with documents on it: their count, to confirm'),
      expectedVersion,
    },
    examples: ['connections remove $ID', 'connections remove $ID --confirm-documents 167'],
    async run({ id }, { confirmDocuments, expectedVersion: seen }, invocation) {
      const { client } = await invocation.signIn();
      const version = await versionOf(
        seen,
        async () => (await client.connections.show({ connectionId: id })).connection,
      );
      const removed = await client.connections.remove({
        connectionId: id,
        expectedVersion: version,
        ...given({ confirmDocuments }),
      });
      return {
        value: removed,
        text: `The connection was removed; ${countOf(removed.documentsForgotten, 'document')} on it ${removed.documentsForgotten === 1 ? 'is' : 'are'} no longer recorded and not touched. ${revocations[removed.revoked]}`,
      };
    },
  });
}

const USERS_AT_ONCE = 20;

/** Mail addresses by id. Who was deleted since the page was read is left out, and stands there by id. */
async function usersOf(
  rows: readonly Connection[],
  client: ConsoleClient,
  signal: AbortSignal,
): Promise<Map<string, string>> {
  const ids = [...new Set(rows.map((row) => row.userId))];
  const mails = new Map<string, string>();
  for (let at = 0; at < ids.length; at += USERS_AT_ONCE) {
    signal.throwIfAborted();
    await Promise.all(
      ids.slice(at, at + USERS_AT_ONCE).map(async (user) => {
        try {
          mails.set(user, (await client.users.show({ user })).user.mail);
        } catch (error) {
          if (!hasCode(error, 'NOT_FOUND')) throw error;
        }
      }),
    );
  }
  return mails;
}

const revocations = {
  revoked: 'Its grant was revoked at the provider.',
  not_offered: 'The provider offers no way to revoke its password or key: change that there.',
  still_in_use: 'Its grant was not revoked: another connection uses the same.',
} as const;

function showConnection(connection: Connection, invocation: Invocation, sentence: string): Outcome {
  const text = fields([
    ['Id', connection.id],
    ['User', connection.userId],
    ['Provider', connection.provider],
    ['Label', connection.label],
    ['Account', connection.account],
    [
      'Root',
      connection.ownedRoot ? `${connection.root}, the platform's own` : `${connection.root}, recorded documents only`,
    ],
    ['State', connection.state],
    [
      'Checked',
      connection.lastCheckedAt === null ? 'never' : exactTime(connection.lastCheckedAt, invocation.terminal.now()),
    ],
    ['Documents', `${formatCount(connection.documents)}, ${formatSize(connection.bytes)}`],
    ['Version', String(connection.version)],
  ]);
  return { value: connection, text: `${sentence}\n\n${text}` };
}
