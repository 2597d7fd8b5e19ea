import type { Command } from 'commander';
import { USER_SORTS } from '../../../../contract/user-sorts.ts';
import type { User } from '../../../../contract/users.ts';
import { revealSecret } from '../../../secret.ts';
import type { Invocation } from '../invocation.ts';
import { countOf, echoSize, formatLimit, formatQuotaShare, formatSize } from '../sizes.ts';
import { type Column, fields, table } from '../table.ts';
import { exactTime, relativeTime } from '../times.ts';
import { addVerb, type Carry, choice, flag, mandatory, type Outcome, optional, size, wholeNumber } from '../verb.ts';
import { addGroup, given, versionOf } from './group.ts';
import { moreOf, pageOptions, readPages } from './paging.ts';

export const expectedVersion = wholeNumber(
  '--expected-version <number>',
  'refuse if it was changed since this version',
  1,
);

export function addUsers(program: Command, carry: Carry): void {
  const group = addGroup(program, 'users', 'Who may use the platform.');

  addVerb(group, carry, {
    verb: 'list',
    about: 'List users, by creation time unless asked otherwise.',
    options: {
      search: optional(
        '--search <text>',
        'found in name, mail and external id; under three letters at their beginning',
      ),
      status: choice('--status <status>', 'only those', ['active', 'inactive', 'deleting']),
      role: choice('--role <role>', 'only those', ['owner', 'user']),
      overQuota: flag('--over-quota', 'only who stores more than allowed'),
      hasConnections: flag('--has-connections', 'only who has connected a cloud'),
      sortBy: choice('--sort <field>', 'in which order', USER_SORTS),
      descending: flag('--descending', 'the other way round'),
      ...pageOptions,
    },
    examples: [
      'users list --search ada',
      'users list --over-quota --sort share --descending',
      'users list --all --json',
    ],
    async run(_given, options, invocation) {
      const { client } = await invocation.signIn();
      const { search, status, role, sortBy } = options;
      const filter = given({ search, status, role, sortBy });
      const flags = {
        ...(options.overQuota ? { overQuota: true } : {}),
        ...(options.hasConnections ? { hasConnections: true } : {}),
        ...(options.descending ? { direction: 'descending' as const } : {}),
      };
      const page = await readPages(
        options,
        (at) => client.users.list({ ...filter, ...flags, ...at }),
        invocation.signal,
      );
      return {
        value: page,
        text:
          table(page.rows, columns(invocation.terminal.now()), { empty: 'No user matches.', width: invocation.width }) +
          moreOf(page.next, 'qm users list …'),
      };
    },
  });

  addVerb(group, carry, {
    verb: 'show',
    about: 'Show one user.',
    arguments: { user: 'mail address, id or external id' },
    examples: ['users show ada@example.org', 'users show u001 --json'],
    async run({ user }, _options, invocation) {
      const { client } = await invocation.signIn();
      return showUser((await client.users.show({ user })).user, invocation);
    },
  });

  addVerb(group, carry, {
    verb: 'create',
    about: 'Create a user with a first password that has to be changed, and a quota.',
    options: {
      mail: mandatory('--mail <address>', 'unique, without regard to case'),
      name: mandatory('--name <name>', 'what people call them'),
      externalId: optional('--external-id <id>', "other systems' name: 3 to 64 of A-Z a-z 0-9 . _ @ -"),
      role: choice('--role <role>', "'owner' administers the console", ['owner', 'user']),
      limit: size('--limit <size>', '5GiB, unlimited; else the default'),
      firstPassword: optional(
        '--first-password-file <file>',
        "the first password stands in this file ('-': standard input)",
      ),
    },
    examples: [
      'users create --mail ada@example.org --name Ada --external-id u001 --limit 5GiB --first-password-file F',
      'users create --mail bob@example.org --name Bob --limit unlimited',
    ],
    async run(_given, options, invocation) {
      const password = await invocation.secretOf(options.firstPassword, 'the first password', '--first-password-file');
      const { client } = await invocation.signIn();
      const { mail, name, externalId, role, limit } = options;
      const limitBytes = limit === 'unlimited' ? null : limit;
      const { user } = await client.users.create({
        mail,
        name,
        firstPassword: revealSecret(password, 'the first password of a new user'),
        ...given({ externalId, role, limitBytes }),
      });
      return showUser(user, invocation, `${user.mail} was created. Limit: ${echoSize(user.quota.limitBytes)}.`);
    },
  });

  addVerb(group, carry, {
    verb: 'update',
    about: 'Change mail address, name, role or external id of a user.',
    arguments: { user: 'mail address, id or external id' },
    options: {
      mail: optional('--mail <address>', 'the new address'),
      name: optional('--name <name>', 'the new name'),
      role: choice('--role <role>', 'the new role', ['owner', 'user']),
      externalId: optional('--external-id <id>', 'the new external id; fixed once documents exist'),
      expectedVersion,
    },
    examples: [
      'users update ada@example.org --name "Ada Lovelace"',
      'users update u001 --mail ada@example.net --role owner',
    ],
    async run({ user: ref }, { expectedVersion: seen, mail, name, role, externalId }, invocation) {
      const { client } = await invocation.signIn();
      const version = await versionOf(seen, async () => (await client.users.show({ user: ref })).user);
      const { user } = await client.users.update({
        user: ref,
        expectedVersion: version,
        ...given({ mail, name, role, externalId }),
      });
      return showUser(user, invocation, `${user.mail} was changed.`);
    },
  });

  for (const [verb, about, past] of [
    ['activate', 'Let a user sign in again.', 'may sign in again'],
    ['deactivate', 'Keep a user from signing in; nothing of theirs is touched.', 'cannot sign in any more'],
  ] as const)
    addVerb(group, carry, {
      verb,
      about,
      arguments: { user: 'mail address, id or external id' },
      options: { expectedVersion },
      examples: [`users ${verb} ada@example.org`, `users ${verb} u001 --expected-version 3`],
      async run({ user: ref }, { expectedVersion: seen }, invocation) {
        const { client } = await invocation.signIn();
        const version = await versionOf(seen, async () => (await client.users.show({ user: ref })).user);
        const { user } = await client.users[verb]({ user: ref, expectedVersion: version });
        return showUser(user, invocation, `${user.mail} ${past}.`);
      },
    });
}

function columns(now: number): Column<User>[] {
  return [
    { title: 'MAIL', value: (user) => user.mail, canShrink: true },
    { title: 'NAME', value: (user) => user.name, canShrink: true },
    { title: 'EXTERNAL ID', value: (user) => user.externalId ?? '–', canShrink: true, canGo: 4 },
    { title: 'STATUS', value: (user) => (user.role === 'owner' ? `${user.status}, owner` : user.status) },
    { title: 'USED', value: (user) => formatSize(user.quota.usedBytes), align: 'right' },
    { title: 'LIMIT', value: (user) => formatLimit(user.quota.limitBytes), align: 'right' },
    { title: 'SHARE', value: (user) => formatQuotaShare(user.quota), align: 'right' },
    { title: 'QUOTA', value: (user) => user.quota.state, canGo: 3 },
    { title: 'CLOUDS', value: (user) => String(user.connectionCount), align: 'right', canGo: 2 },
    { title: 'CREATED', value: (user) => relativeTime(user.createdAt, now), canGo: 1 },
  ];
}

/** One user for people; with a sentence above that says what was done. */
export function showUser(user: User, invocation: Invocation, sentence?: string): Outcome {
  const now = invocation.terminal.now();
  const { quota } = user;
  const text = fields([
    ['Mail', user.mail],
    ['Name', user.name],
    ['Id', user.id],
    ['External id', user.externalId],
    ['Role', user.role],
    ['Status', user.passwordMustChange ? `${user.status}; the first password is still to be changed` : user.status],
    [
      'Quota',
      `${formatSize(quota.usedBytes)} of ${formatLimit(quota.limitBytes)}${quota.share === null ? '' : `, ${formatQuotaShare(quota)}`} (${quota.state})`,
    ],
    ['Counted', quota.countedAt === null ? 'never' : exactTime(quota.countedAt, now)],
    ['AI model', user.ai ? `${user.ai.provider} ${user.ai.model}` : null],
    ['Clouds', countOf(user.connectionCount, 'connection')],
    ['Created', exactTime(user.createdAt, now)],
    ['Last sign-in', user.lastSignInAt === null ? 'never' : exactTime(user.lastSignInAt, now)],
    ['Version', String(user.version)],
  ]);
  return { value: user, text: sentence === undefined ? text : `${sentence}\n\n${text}` };
}
