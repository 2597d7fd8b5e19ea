import type { Command } from 'commander';
import { UsageError } from '../failures.ts';
import { formatSetShare } from '../sizes.ts';
import { fields } from '../table.ts';
import { addVerb, type Carry, optional, share } from '../verb.ts';
import { addGroup, given, versionOf } from './group.ts';
import { expectedVersion } from './users.ts';

interface Settings {
  readonly workspaceName: string;
  readonly quotaWarningShare: number;
  readonly quotaFullShare: number;
  readonly version: number;
}

export function addSettings(program: Command, carry: Carry): void {
  const group = addGroup(program, 'settings', 'What holds for the whole workspace.');

  addVerb(group, carry, {
    verb: 'show',
    about: 'Show the settings.',
    examples: ['settings show', 'settings show --json'],
    async run(_given, _options, invocation) {
      const { client } = await invocation.signIn();
      const { settings } = await client.settings.show({});
      return { value: settings, text: textOf(settings) };
    },
  });

  addVerb(group, carry, {
    verb: 'set',
    about: 'Change settings.',
    options: {
      workspaceName: optional('--workspace-name <name>', 'what the platform is called'),
      quotaWarningShare: share('--quota-warning <share>', 'from which share of the limit a quota warns: 80%'),
      quotaFullShare: share('--quota-full <share>', 'from which share it is full: 100%'),
      expectedVersion,
    },
    examples: [
      'settings set --quota-warning 75%',
      'settings set --workspace-name "Example documents" --quota-full 100%',
    ],
    async run(_given, { expectedVersion: seen, workspaceName, quotaWarningShare, quotaFullShare }, invocation) {
      const changes = given({ workspaceName, quotaWarningShare, quotaFullShare });
      if (Object.keys(changes).length === 0)
        throw new UsageError("Nothing to change was given. 'qm settings set --help' shows what there is.");
      const { client } = await invocation.signIn();
      const version = await versionOf(seen, async () => (await client.settings.show({})).settings);
      const { settings } = await client.settings.set({ expectedVersion: version, ...changes });
      return { value: settings, text: `The settings were changed.\n\n${textOf(settings)}` };
    },
  });
}

function textOf(settings: Settings): string {
  return fields([
    ['Workspace', settings.workspaceName],
    ['Quota warns from', formatSetShare(settings.quotaWarningShare)],
    ['Quota is full from', formatSetShare(settings.quotaFullShare)],
    ['Version', String(settings.version)],
  ]);
}
