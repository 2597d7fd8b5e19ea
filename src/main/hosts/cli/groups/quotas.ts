import type { Command } from 'commander';
import { UsageError } from '../failures.ts';
import { echoSize, formatQuotaShare, formatSize } from '../sizes.ts';
import { fields } from '../table.ts';
import { exactTime } from '../times.ts';
import { addVerb, type Carry, sizeOf } from '../verb.ts';
import { addGroup, versionOf } from './group.ts';
import { expectedVersion } from './users.ts';

export function addQuotas(program: Command, carry: Carry): void {
  const group = addGroup(program, 'quotas', 'How much a user may store.');

  addVerb(group, carry, {
    verb: 'show',
    about: "Show a user's limit, usage and when it was counted.",
    arguments: { user: 'mail address, id or external id' },
    examples: ['quotas show ada@example.org', 'quotas show u001 --json'],
    async run({ user }, _options, invocation) {
      const { client } = await invocation.signIn();
      const shown = await client.quotas.show({ user });
      const { quota } = shown;
      return {
        value: shown,
        text: fields([
          ['Limit', echoSize(quota.limitBytes)],
          ['Used', echoSize(quota.usedBytes)],
          ['Share', formatQuotaShare(quota)],
          ['State', quota.state],
          ['Counted', quota.countedAt === null ? 'never' : exactTime(quota.countedAt, invocation.terminal.now())],
          ['Version', String(quota.version)],
        ]),
      };
    },
  });

  addVerb(group, carry, {
    verb: 'set',
    about: 'Change the limit of a user; one below present usage is allowed, and said.',
    arguments: { user: 'mail address, id or external id', size: '10GiB, 500MiB, unlimited, or bytes' },
    options: { expectedVersion },
    examples: ['quotas set ada@example.org 10GiB', 'quotas set u001 unlimited'],
    async run({ user, size }, { expectedVersion: seen }, invocation) {
      const limitBytes = limitOf(size);
      const { client } = await invocation.signIn();
      const before = (await client.quotas.show({ user })).quota;
      if (limitBytes !== null && limitBytes < before.usedBytes)
        invocation.say(
          `${echoSize(limitBytes)} is less than what is stored now (${formatSize(before.usedBytes)}): nothing is removed, and the user is over quota.`,
        );
      const version = await versionOf(seen, async () => before);
      const changed = await client.quotas.set({ user, limitBytes, expectedVersion: version });
      const { quota, previousLimitBytes, belowUsage } = changed;
      return {
        value: changed,
        text:
          `The limit is ${echoSize(quota.limitBytes)} now; before it was ${echoSize(previousLimitBytes)}.\n` +
          `Used: ${echoSize(quota.usedBytes)}${quota.share === null ? '' : `, ${formatQuotaShare(quota)} of the limit`}.` +
          (belowUsage ? ' The user is over quota.' : ''),
      };
    },
  });
}

function limitOf(size: string): number | null {
  try {
    return sizeOf(size);
  } catch (error) {
    throw new UsageError(error instanceof Error ? error.message : 'That is not a size.');
  }
}
