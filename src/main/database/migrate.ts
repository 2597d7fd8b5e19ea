import type Database from 'better-sqlite3';

export interface Migration {
  readonly version: number;
  readonly name: string;
  readonly sql: string;
}

// Inlined by the bundler, so that nothing has to be found at run time in a packaged app.
const files = import.meta.glob<string>('./migrations/*.sql', { query: '?raw', import: 'default', eager: true });

/** Every migration there is, oldest first. Their numbers are 1, 2, 3 … without a gap. */
export const migrations: readonly Migration[] = Object.entries(files)
  .map(([path, sql]) => {
    const match = /(\d{4})-([a-z0-9-]+)\.sql$/.exec(path);
    if (!match?.[1] || !match[2]) throw new Error(`a migration's name is not understood: ${path}`);
    return { version: Number(match[1]), name: match[2], sql };
  })
  .sort((a, b) => a.version - b.version);

export function schemaVersion(raw: Database.Database): number {
  return raw.pragma('user_version', { simple: true }) as number; // SQLite answers one integer.
}

/**
 * Brings the schema up to date in one transaction. Foreign keys are off meanwhile, since a table that is rebuilt would
 * otherwise lose its children without a word (they must be off before BEGIN: inside, the pragma does nothing), and
 * nothing is committed while `foreign_key_check` finds anything. Throws, with nothing changed, on any error.
 */
export function migrate(raw: Database.Database, all: readonly Migration[] = migrations): void {
  const from = schemaVersion(raw);
  const due = all.filter((migration) => migration.version > from);
  if (due.length === 0) return;
  raw.pragma('foreign_keys = OFF');
  try {
    raw
      .transaction(() => {
        for (const migration of due) raw.exec(migration.sql);
        const broken = raw.pragma('foreign_key_check') as unknown[]; // A row for each broken reference.
        if (broken.length > 0) throw new Error(`a migration left ${broken.length} broken references`);
        raw.pragma(`user_version = ${due.at(-1)?.version ?? from}`);
      })
      .exclusive();
  } finally {
    raw.pragma('foreign_keys = ON');
  }
}
