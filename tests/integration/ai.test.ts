import Database from 'better-sqlite3';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { openSetUpConsole, type TestConsole } from '../support/test-console.ts';

let opened: TestConsole;
let second: Database.Database;
let userId: string;

beforeAll(async () => {
  opened = await openSetUpConsole({ motor: false });
  second = new Database(`${opened.dir}/workspace.sqlite`);
  const { user } = await opened.client.users.create({
    mail: 'ada@example.org',
    name: 'Ada',
    externalId: 'u001',
    firstPassword: 'a first password',
  });
  userId = user.id;
});
beforeEach(() => {
  second.exec('UPDATE users SET ai_model_no = NULL; DELETE FROM ai_models; DELETE FROM ai_providers');
});
afterAll(async () => {
  second.close();
  await opened.dispose();
});

const ai = () => opened.client.ai;
async function catalogue() {
  await ai().addProvider({ name: 'mistral' });
  await ai().addProvider({ name: 'OpenAI' });
  await ai().addModel({ provider: 'mistral', name: 'small' });
  await ai().addModel({ provider: 'mistral', name: 'large' });
  await ai().addModel({ provider: 'OpenAI', name: 'small' });
}
const user = async () => (await opened.client.users.show({ user: 'u001' })).user;
const lastChange = async (event: string) =>
  (await opened.client.audit.list({ event, outcome: 'done', limit: 1 })).rows[0];

describe('U5: the catalogue', () => {
  test('lists providers and models with how many use them, and nothing else', async () => {
    await catalogue();
    await ai().assign({ user: 'u001', provider: 'mistral', model: 'small', expectedVersion: (await user()).version });
    const { rows } = await ai().providers({});
    expect(rows.map(({ name, models, users, version }) => [name, models, users, version])).toEqual([
      ['mistral', 2, 1, 1],
      ['OpenAI', 1, 0, 1],
    ]);
    expect(Object.keys(rows[0]!).sort()).toEqual(['id', 'models', 'name', 'users', 'version']);
    const models = await ai().models({});
    expect(models.rows.map(({ provider, name, users }) => [provider, name, users])).toEqual([
      ['mistral', 'large', 0],
      ['mistral', 'small', 1],
      ['OpenAI', 'small', 0],
    ]);
    expect(Object.keys(models.rows[0]!).sort()).toEqual(['id', 'name', 'provider', 'users', 'version']);
    expect((await ai().models({ provider: 'openai' })).rows).toHaveLength(1);
    await expect(ai().models({ provider: 'nobody' })).rejects.toMatchObject({ code: 'NOT_FOUND' });
  });

  test('a name is taken once, in any case; a model’s name within its provider', async () => {
    await catalogue();
    await expect(ai().addProvider({ name: 'MISTRAL' })).rejects.toMatchObject({ code: 'NAME_TAKEN' });
    await expect(ai().addModel({ provider: 'Mistral', name: 'Small' })).rejects.toMatchObject({ code: 'NAME_TAKEN' });
    await expect(
      ai().renameProvider({ provider: 'openai', name: 'Mistral', expectedVersion: 1 }),
    ).rejects.toMatchObject({ code: 'NAME_TAKEN' });
    await expect(
      ai().renameModel({ provider: 'mistral', model: 'small', name: 'LARGE', expectedVersion: 1 }),
    ).rejects.toMatchObject({ code: 'NAME_TAKEN' });
    expect(
      (await ai().renameProvider({ provider: 'mistral', name: 'Mistral', expectedVersion: 1 })).provider,
    ).toMatchObject({ name: 'Mistral', version: 2 });
    expect(
      (await ai().renameModel({ provider: 'mistral', model: 'small', name: 'Small', expectedVersion: 1 })).model,
    ).toMatchObject({ name: 'Small', version: 2 });
  });

  test('what is in use is not removed; what is not goes, with its entry', async () => {
    await catalogue();
    await ai().assign({ user: 'u001', provider: 'mistral', model: 'small', expectedVersion: (await user()).version });
    await expect(ai().removeProvider({ provider: 'mistral', expectedVersion: 1 })).rejects.toMatchObject({
      code: 'IN_USE',
      data: { by: 'models', count: 2 },
    });
    await expect(ai().removeModel({ provider: 'mistral', model: 'small', expectedVersion: 1 })).rejects.toMatchObject({
      code: 'IN_USE',
      data: { by: 'users', count: 1 },
    });
    const { removed } = await ai().removeModel({ provider: 'mistral', model: 'large', expectedVersion: 1 });
    expect(await lastChange('admin.ai_catalogue_changed')).toMatchObject({
      target: { kind: 'ai_model', id: removed },
      metadata: { act: 'removed', name: 'large' },
    });
    await ai().removeModel({ provider: 'openai', model: 'small', expectedVersion: 1 });
    await ai().removeProvider({ provider: 'openai', expectedVersion: 1 });
    expect((await ai().providers({})).rows.map(({ name }) => name)).toEqual(['mistral']);
  });

  test('a version that is not the present one is refused everywhere', async () => {
    await catalogue();
    for (const act of [
      () => ai().renameProvider({ provider: 'mistral', name: 'x', expectedVersion: 2 }),
      () => ai().removeProvider({ provider: 'openai', expectedVersion: 2 }),
      () => ai().renameModel({ provider: 'mistral', model: 'small', name: 'x', expectedVersion: 2 }),
      () => ai().removeModel({ provider: 'mistral', model: 'small', expectedVersion: 2 }),
    ])
      await expect(act()).rejects.toMatchObject({ code: 'CHANGED_MEANWHILE', data: { version: 1 } });
  });

  test.each(['', ' ', 'a b', '-x', 'x'.repeat(65), 'ä', 'a*', "x'"])('%j is no name', async (name) => {
    await expect(ai().addProvider({ name })).rejects.toMatchObject({ code: 'BAD_REQUEST' });
  });
});

describe('U5: assign and unassign', () => {
  test('each with version, seal and entry', async () => {
    await catalogue();
    const before = await user();
    const assigned = await ai().assign({
      user: 'ADA@example.org',
      provider: 'openai',
      model: 'SMALL',
      expectedVersion: before.version,
    });
    expect(assigned.user).toMatchObject({
      id: userId,
      ai: { provider: 'OpenAI', model: 'small' },
      version: before.version + 1,
    });
    expect(await lastChange('admin.ai_provider_assigned')).toMatchObject({
      target: { kind: 'user', id: userId },
      metadata: { provider: 'OpenAI', model: 'small' },
    });
    const unassigned = await ai().unassign({ user: 'u001', expectedVersion: before.version + 1 });
    expect(unassigned.user).toMatchObject({ ai: null, version: before.version + 2 });
    expect(await lastChange('admin.ai_provider_unassigned')).toMatchObject({ target: { kind: 'user', id: userId } });
    // The seal holds: another change goes through.
    await opened.client.users.update({ user: 'u001', expectedVersion: before.version + 2, name: 'Ada L' });
  });

  test('a model, provider or user that there is not, an old version, or a user being deleted: refused, nothing changed', async () => {
    await catalogue();
    const { version } = await user();
    const wanted = { user: 'u001', provider: 'mistral', model: 'small', expectedVersion: version };
    await expect(ai().assign({ ...wanted, model: 'huge' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      data: { what: 'AI model' },
    });
    await expect(ai().assign({ ...wanted, provider: 'nobody' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      data: { what: 'AI provider' },
    });
    await expect(ai().assign({ ...wanted, user: 'nobody' })).rejects.toMatchObject({
      code: 'NOT_FOUND',
      data: { what: 'user' },
    });
    await expect(ai().assign({ ...wanted, expectedVersion: version + 1 })).rejects.toMatchObject({
      code: 'CHANGED_MEANWHILE',
    });
    expect(await user()).toMatchObject({ ai: null, version });
    second.exec("CREATE TRIGGER fail BEFORE INSERT ON audit_entries BEGIN SELECT RAISE(ABORT, 'no'); END");
    await expect(ai().assign(wanted)).rejects.toMatchObject({ code: 'INTERNAL_SERVER_ERROR' });
    second.exec('DROP TRIGGER fail');
    expect(await user()).toMatchObject({ ai: null, version });
  });
});
