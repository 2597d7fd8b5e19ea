import type { Command } from 'commander';
import type { ConsoleClient } from '../../../../contract/index.ts';
import { Refusal } from '../../../refusal.ts';
import { table } from '../table.ts';
import { addVerb, type Carry, mandatory, optional } from '../verb.ts';
import { addGroup, versionOf } from './group.ts';
import { expectedVersion, showUser } from './users.ts';

export function addAi(program: Command, carry: Carry): void {
  const group = addGroup(program, 'ai', 'Which AI model serves whom, and the catalogue of them.');
  addProviders(addGroup(group, 'providers', 'AI providers of the catalogue.'), carry);
  addModels(addGroup(group, 'models', 'AI models of the catalogue.'), carry);

  addVerb(group, carry, {
    verb: 'assign',
    about: 'Assign a provider and model of the catalogue to a user.',
    arguments: { user: 'mail address, id or external id' },
    options: {
      provider: mandatory('--provider <name>', 'a provider of the catalogue'),
      model: mandatory('--model <name>', 'one of its models'),
      expectedVersion,
    },
    examples: [
      'ai assign ada@example.org --provider mistral --model mistral-large',
      'ai assign u001 --provider openai --model gpt-5-mini --expected-version 4',
    ],
    async run({ user: ref }, { provider, model, expectedVersion: seen }, invocation) {
      const { client } = await invocation.signIn();
      const version = await versionOf(seen, async () => (await client.users.show({ user: ref })).user);
      const { user } = await client.ai.assign({ user: ref, provider, model, expectedVersion: version });
      return showUser(user, invocation, `${user.mail} is served by ${provider} ${model} now.`);
    },
  });

  addVerb(group, carry, {
    verb: 'unassign',
    about: 'Take the AI model from a user.',
    arguments: { user: 'mail address, id or external id' },
    options: { expectedVersion },
    examples: ['ai unassign ada@example.org', 'ai unassign u001 --expected-version 4'],
    async run({ user: ref }, { expectedVersion: seen }, invocation) {
      const { client } = await invocation.signIn();
      const version = await versionOf(seen, async () => (await client.users.show({ user: ref })).user);
      const { user } = await client.ai.unassign({ user: ref, expectedVersion: version });
      return showUser(user, invocation, `${user.mail} is served by no AI model now.`);
    },
  });
}

function addProviders(group: Command, carry: Carry): void {
  addVerb(group, carry, {
    verb: 'list',
    isDefault: true,
    about: 'List the providers.',
    examples: ['ai providers', 'ai providers list --json'],
    async run(_given, _options, invocation) {
      const { client } = await invocation.signIn();
      const answer = await client.ai.providers({});
      const text = table(
        answer.rows,
        [
          { title: 'PROVIDER', value: (row) => row.name },
          { title: 'MODELS', value: (row) => String(row.models), align: 'right' },
          { title: 'USERS', value: (row) => String(row.users), align: 'right' },
        ],
        { empty: "The catalogue is empty. Begin with 'qm ai providers add NAME'.", width: invocation.width },
      );
      return { value: answer, text };
    },
  });
  addVerb(group, carry, {
    verb: 'add',
    about: 'Add a provider.',
    arguments: { name: 'as people type it' },
    examples: ['ai providers add mistral', 'ai providers add openai'],
    async run({ name }, _options, invocation) {
      const { client } = await invocation.signIn();
      const { provider } = await client.ai.addProvider({ name });
      return { value: provider, text: `${provider.name} is in the catalogue.` };
    },
  });
  addVerb(group, carry, {
    verb: 'rename',
    about: 'Rename a provider; its models and assignments stay.',
    arguments: { name: 'as it is called', next: 'as it is to be called' },
    options: { expectedVersion },
    examples: ['ai providers rename mistral mistral-ai', 'ai providers rename openai oai'],
    async run({ name, next }, { expectedVersion: seen }, invocation) {
      const { client } = await invocation.signIn();
      const version = await versionOf(seen, () => findProvider(client, name));
      const { provider } = await client.ai.renameProvider({ provider: name, name: next, expectedVersion: version });
      return { value: provider, text: `${name} is called ${provider.name} now.` };
    },
  });
  addVerb(group, carry, {
    verb: 'remove',
    about: 'Remove a provider that has no models.',
    arguments: { name: 'as it is called' },
    options: { expectedVersion },
    examples: ['ai providers remove mistral', 'ai providers remove openai'],
    async run({ name }, { expectedVersion: seen }, invocation) {
      const { client } = await invocation.signIn();
      const version = await versionOf(seen, () => findProvider(client, name));
      const removed = await client.ai.removeProvider({ provider: name, expectedVersion: version });
      return { value: removed, text: `${name} was taken out of the catalogue.` };
    },
  });
}

function addModels(group: Command, carry: Carry): void {
  addVerb(group, carry, {
    verb: 'list',
    isDefault: true,
    about: 'List the models, of one provider if asked.',
    options: { provider: optional('--provider <name>', 'only of this one') },
    examples: ['ai models', 'ai models --provider mistral'],
    async run(_given, { provider }, invocation) {
      const { client } = await invocation.signIn();
      const answer = await client.ai.models(provider === undefined ? {} : { provider });
      const text = table(
        answer.rows,
        [
          { title: 'PROVIDER', value: (row) => row.provider },
          { title: 'MODEL', value: (row) => row.name },
          { title: 'USERS', value: (row) => String(row.users), align: 'right' },
        ],
        { empty: "There is no model. Begin with 'qm ai models add PROVIDER NAME'.", width: invocation.width },
      );
      return { value: answer, text };
    },
  });
  addVerb(group, carry, {
    verb: 'add',
    about: 'Add a model to a provider.',
    arguments: { provider: 'a provider of the catalogue', name: 'as people type it' },
    examples: ['ai models add mistral mistral-large', 'ai models add openai gpt-5-mini'],
    async run({ provider, name }, _options, invocation) {
      const { client } = await invocation.signIn();
      const { model } = await client.ai.addModel({ provider, name });
      return { value: model, text: `${model.provider} ${model.name} is in the catalogue.` };
    },
  });
  addVerb(group, carry, {
    verb: 'rename',
    about: 'Rename a model; its assignments stay.',
    arguments: { provider: 'its provider', name: 'as it is called', next: 'as it is to be called' },
    options: { expectedVersion },
    examples: [
      'ai models rename mistral mistral-large mistral-large-3',
      'ai models rename openai gpt-5-mini gpt-5.1-mini',
    ],
    async run({ provider, name, next }, { expectedVersion: seen }, invocation) {
      const { client } = await invocation.signIn();
      const version = await versionOf(seen, () => findModel(client, provider, name));
      const { model } = await client.ai.renameModel({ provider, model: name, name: next, expectedVersion: version });
      return { value: model, text: `${name} is called ${model.name} now.` };
    },
  });
  addVerb(group, carry, {
    verb: 'remove',
    about: 'Remove a model that nobody is served by.',
    arguments: { provider: 'its provider', name: 'as it is called' },
    options: { expectedVersion },
    examples: ['ai models remove mistral mistral-large', 'ai models remove openai gpt-5-mini'],
    async run({ provider, name }, { expectedVersion: seen }, invocation) {
      const { client } = await invocation.signIn();
      const version = await versionOf(seen, () => findModel(client, provider, name));
      const removed = await client.ai.removeModel({ provider, model: name, expectedVersion: version });
      return { value: removed, text: `${provider} ${name} was taken out of the catalogue.` };
    },
  });
}

async function findProvider(client: ConsoleClient, name: string) {
  const { rows } = await client.ai.providers({});
  const found = rows.find((row) => sameName(row.name, name));
  if (!found) throw missing('provider', name);
  return found;
}

async function findModel(client: ConsoleClient, provider: string, name: string) {
  const { rows } = await client.ai.models({ provider });
  const found = rows.find((row) => sameName(row.name, name));
  if (!found) throw missing('model', name);
  return found;
}

/** Catalogue names are ASCII and the same without regard to case. */
function sameName(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

function missing(what: string, name: string): Refusal {
  return new Refusal('NOT_FOUND', `The catalogue has no ${what} called ${name}.`, { what, name });
}
