import type { Db } from '../database/index.ts';
import { Refusal } from '../refusal.ts';

export interface ProviderRow {
  readonly no: number;
  readonly id: string;
  readonly name: string;
  readonly version: number;
  readonly models: number;
  readonly users: number;
}

export interface ModelRow {
  readonly no: number;
  readonly id: string;
  readonly provider: string;
  readonly name: string;
  readonly version: number;
  readonly users: number;
}

const PROVIDERS = `
  SELECT p.no, p.id, p.name, p.version,
    (SELECT count(*) FROM ai_models m WHERE m.provider_no = p.no) AS models,
    (SELECT count(*) FROM users u JOIN ai_models m ON m.no = u.ai_model_no WHERE m.provider_no = p.no) AS users
  FROM ai_providers p`;

const MODELS = `
  SELECT m.no, m.id, p.name AS provider, m.name, m.version,
    (SELECT count(*) FROM users u WHERE u.ai_model_no = m.no) AS users
  FROM ai_models m JOIN ai_providers p ON p.no = m.provider_no`;

export function listProviders(db: Db): ProviderRow[] {
  return db.raw.prepare<[], ProviderRow>(`${PROVIDERS} ORDER BY p.name`).all();
}

export function listModels(db: Db, provider?: string): ModelRow[] {
  return db.raw
    .prepare<[string | null, string | null], ModelRow>(
      `${MODELS} WHERE ? IS NULL OR p.name = ? COLLATE NOCASE ORDER BY p.name, m.name`,
    )
    .all(provider ?? null, provider ?? null);
}

/** By name, any case. Refuses with NOT_FOUND. */
export function findProvider(db: Db, name: string): ProviderRow {
  const row = db.raw.prepare<[string], ProviderRow>(`${PROVIDERS} WHERE p.name = ?`).get(name);
  if (!row)
    throw new Refusal('NOT_FOUND', `The catalogue has no provider ${name}. Add it first.`, {
      what: 'AI provider',
      name,
    });
  return row;
}

/** By provider and name, any case. Refuses with NOT_FOUND. */
export function findModel(db: Db, provider: string, name: string): ModelRow {
  findProvider(db, provider);
  const row = db.raw
    .prepare<[string, string], ModelRow>(`${MODELS} WHERE p.name = ? AND m.name = ?`)
    .get(provider, name);
  if (!row)
    throw new Refusal('NOT_FOUND', `The catalogue has no model ${name} of ${provider}. Add it first.`, {
      what: 'AI model',
      name,
    });
  return row;
}
