import { plural } from '../../contract/figures.ts';
import type { Tx } from '../database/index.ts';
import type { Actor, Ground } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { changeUser, type UserAnswer } from '../users/index.ts';
import { findModel, findProvider, listModels, listProviders, type ModelRow, type ProviderRow } from './catalogue.ts';

export interface Ai {
  providers(): ProviderRow[];
  models(provider?: string): ModelRow[];
  addProvider(actor: Actor, name: string): ProviderRow;
  renameProvider(actor: Actor, input: { provider: string; name: string; expectedVersion: number }): ProviderRow;
  removeProvider(actor: Actor, input: { provider: string; expectedVersion: number }): string;
  addModel(actor: Actor, input: { provider: string; name: string }): ModelRow;
  renameModel(
    actor: Actor,
    input: { provider: string; model: string; name: string; expectedVersion: number },
  ): ModelRow;
  removeModel(actor: Actor, input: { provider: string; model: string; expectedVersion: number }): string;
  /** Gives the user this model in place of the one they had. */
  assign(
    actor: Actor,
    input: { user: string; provider: string; model: string; expectedVersion: number },
  ): Promise<UserAnswer>;
  unassign(actor: Actor, input: { user: string; expectedVersion: number }): Promise<UserAnswer>;
}

/** The catalogue of AI providers and models that the administrator edits, and who is served by which (U5). */
export function openAi(ground: Ground): Ai {
  const { workspace, audit } = ground;

  const changed = (
    tx: Tx,
    actor: Actor,
    kind: 'ai_provider' | 'ai_model',
    id: string,
    metadata: Record<string, unknown>,
  ) => audit.append(tx, { actor, event: 'admin.ai_catalogue_changed', target: { kind, id }, metadata });

  return {
    providers: () => listProviders(workspace.db),
    models: (provider) => {
      if (provider !== undefined) findProvider(workspace.db, provider);
      return listModels(workspace.db, provider);
    },
    addProvider: (actor, name) =>
      workspace.transaction((tx) => {
        refuseTakenProvider(tx, name, null);
        const id = ground.newId();
        tx.raw.prepare('INSERT INTO ai_providers (id, name, version) VALUES (?, ?, 1)').run(id, name);
        changed(tx, actor, 'ai_provider', id, { act: 'added', name });
        return findProvider(tx, name);
      }),
    renameProvider: (actor, { provider, name, expectedVersion }) =>
      workspace.transaction((tx) => {
        const before = expectVersion(findProvider(tx, provider), expectedVersion);
        refuseTakenProvider(tx, name, before.no);
        tx.raw.prepare('UPDATE ai_providers SET name = ?, version = version + 1 WHERE no = ?').run(name, before.no);
        changed(tx, actor, 'ai_provider', before.id, { act: 'renamed', from: before.name, to: name });
        return findProvider(tx, name);
      }),
    removeProvider: (actor, { provider, expectedVersion }) =>
      workspace.transaction((tx) => {
        const row = expectVersion(findProvider(tx, provider), expectedVersion);
        if (row.models > 0)
          throw new Refusal('IN_USE', `${row.name} still has ${row.models} models. Remove them first.`, {
            by: 'models',
            count: row.models,
          });
        tx.raw.prepare('DELETE FROM ai_providers WHERE no = ?').run(row.no);
        changed(tx, actor, 'ai_provider', row.id, { act: 'removed', name: row.name });
        return row.id;
      }),
    addModel: (actor, { provider, name }) =>
      workspace.transaction((tx) => {
        const { no } = findProvider(tx, provider);
        refuseTakenModel(tx, no, name, null);
        const id = ground.newId();
        tx.raw.prepare('INSERT INTO ai_models (id, provider_no, name, version) VALUES (?, ?, ?, 1)').run(id, no, name);
        changed(tx, actor, 'ai_model', id, { act: 'added', provider, name });
        return findModel(tx, provider, name);
      }),
    renameModel: (actor, { provider, model, name, expectedVersion }) =>
      workspace.transaction((tx) => {
        const before = expectVersion(findModel(tx, provider, model), expectedVersion);
        refuseTakenModel(tx, findProvider(tx, provider).no, name, before.no);
        tx.raw.prepare('UPDATE ai_models SET name = ?, version = version + 1 WHERE no = ?').run(name, before.no);
        changed(tx, actor, 'ai_model', before.id, { act: 'renamed', provider, from: before.name, to: name });
        return findModel(tx, provider, name);
      }),
    removeModel: (actor, { provider, model, expectedVersion }) =>
      workspace.transaction((tx) => {
        const row = expectVersion(findModel(tx, provider, model), expectedVersion);
        if (row.users > 0)
          throw new Refusal(
            'IN_USE',
            `${row.name} serves ${plural(row.users, 'user')}. Give them another model first.`,
            {
              by: 'users',
              count: row.users,
            },
          );
        tx.raw.prepare('DELETE FROM ai_models WHERE no = ?').run(row.no);
        changed(tx, actor, 'ai_model', row.id, { act: 'removed', provider, name: row.name });
        return row.id;
      }),
    assign: (actor, { user, provider, model, expectedVersion }) =>
      changeUser(ground, { user, expectedVersion }, (tx, row) => {
        const next = findModel(tx, provider, model);
        tx.raw.prepare('UPDATE users SET ai_model_no = ? WHERE no = ?').run(next.no, row.no);
        return { actor, event: 'admin.ai_provider_assigned', metadata: { provider: next.provider, model: next.name } };
      }),
    unassign: (actor, { user, expectedVersion }) =>
      changeUser(ground, { user, expectedVersion }, (tx, row) => {
        tx.raw.prepare('UPDATE users SET ai_model_no = NULL WHERE no = ?').run(row.no);
        return { actor, event: 'admin.ai_provider_unassigned', metadata: {} };
      }),
  };
}

function expectVersion<Row extends { version: number; name: string }>(row: Row, expectedVersion: number): Row {
  if (row.version !== expectedVersion)
    throw new Refusal(
      'CHANGED_MEANWHILE',
      `${row.name} was changed meanwhile. Look at it again and repeat the change.`,
      { version: row.version },
    );
  return row;
}

function refuseTakenProvider(tx: Tx, name: string, except: number | null): void {
  const taken = tx.raw.prepare('SELECT 1 FROM ai_providers WHERE name = ? AND no IS NOT ?').get(name, except);
  if (taken) throw new Refusal('NAME_TAKEN', `The catalogue has a provider ${name} already. Choose another name.`);
}

function refuseTakenModel(tx: Tx, providerNo: number, name: string, except: number | null): void {
  const taken = tx.raw
    .prepare('SELECT 1 FROM ai_models WHERE provider_no = ? AND name = ? AND no IS NOT ?')
    .get(providerNo, name, except);
  if (taken) throw new Refusal('NAME_TAKEN', `This provider has a model ${name} already. Choose another name.`);
}
