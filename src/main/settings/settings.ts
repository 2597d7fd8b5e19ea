import canonicalize from 'canonicalize';
import { z } from 'zod';
import type { Settings as SettingsAnswer } from '../../contract/settings.ts';
import type { Db, Tx } from '../database/index.ts';
import type { Actor, Ground } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { checkSeal, renewSeal, type UnlockedVault } from '../vault/index.ts';

/** The one sealed row that holds the workspace's settings. */
export const SETTINGS_ROW = 'workspace';

/** Checked when it is read too: the row may have been written by an older console. */
const Content = z.object({
  workspaceName: z.string().default('Quartermaster'),
  quotaWarningShare: z.number().default(0.8),
  quotaFullShare: z.number().default(1),
});
export type SettingsContent = z.infer<typeof Content>;

type Answer = z.infer<typeof SettingsAnswer>;

export interface SettingsChange {
  readonly expectedVersion: number;
  readonly workspaceName?: string | undefined;
  readonly quotaWarningShare?: number | undefined;
  readonly quotaFullShare?: number | undefined;
}

export interface Settings {
  show(): Answer;
  set(actor: Actor, change: SettingsChange): Promise<Answer>;
}

/**
 * The settings as they stand; the defaults before set-up, and where somebody made the row unreadable: the console stays
 * readable then, and `set` says what is wrong.
 */
export function readSettings(db: Db): Answer {
  const row = db.raw
    .prepare<[string], { content: string; version: number }>('SELECT content, version FROM settings WHERE id = ?')
    .get(SETTINGS_ROW);
  return { ...contentOf(row?.content ?? '{}'), version: Math.max(1, row?.version ?? 1) };
}

function contentOf(text: string): SettingsContent {
  try {
    return Content.parse(JSON.parse(text));
  } catch {
    return Content.parse({});
  }
}

/** Makes the row at set-up. The caller seals it and writes the entry that carries the seal. */
export function writeFirstSettings(tx: Tx, workspaceName: string): void {
  tx.raw
    .prepare("INSERT INTO settings (id, content, version, seal) VALUES (?, ?, 1, x'')")
    .run(SETTINGS_ROW, serialise(Content.parse({ workspaceName })));
}

export function openSettings(ground: Ground): Settings {
  const { workspace } = ground;
  return {
    show: () => readSettings(workspace.db),
    async set(actor, { expectedVersion, ...change }) {
      const vault = await ground.vault.ready();
      return workspace.transaction((tx) => {
        const { version, ...before } = readSettings(tx);
        if (version !== expectedVersion)
          throw new Refusal(
            'CHANGED_MEANWHILE',
            'The settings were changed meanwhile. Look at them again and repeat the change.',
            { version },
          );
        refuseHalfRepair(tx, ground, vault, change);
        const after: SettingsContent = { ...before, ...withoutAbsent(change) };
        if (after.quotaWarningShare > after.quotaFullShare)
          throw new Refusal(
            'CONFIRMATION_MISMATCH',
            'The share that warns must not be above the share that counts as full. Nothing was changed.',
          );
        tx.raw
          .prepare(
            `INSERT INTO settings (id, content, version, seal) VALUES (?, ?, ?, x'')
             ON CONFLICT (id) DO UPDATE SET content = excluded.content, version = excluded.version`,
          )
          .run(SETTINGS_ROW, serialise(after), version + 1);
        ground.audit.append(tx, {
          actor,
          event: 'admin.settings_changed',
          target: { kind: 'settings', id: SETTINGS_ROW },
          metadata: { changed: Object.keys(withoutAbsent(change)), before, after },
          sealed: renewSeal(tx, vault, 'settings', SETTINGS_ROW),
        });
        return readSettings(tx);
      });
    },
  };
}

/**
 * Settings that somebody else wrote (X6) are put right by naming all of them: changing a part would seal the rest. Only
 * then is the row written anew.
 */
function refuseHalfRepair(
  tx: Tx,
  ground: Ground,
  vault: UnlockedVault,
  change: Omit<SettingsChange, 'expectedVersion'>,
): void {
  if (checkSeal(tx, vault, ground.audit, 'settings', SETTINGS_ROW) === 'holds') return;
  const missing = (Object.keys(Content.shape) as (keyof SettingsContent)[]).some((name) => change[name] === undefined); // The keys of that very schema.
  if (!missing) return;
  throw new Refusal(
    'SEAL_BROKEN',
    'The settings were changed in the workspace file by something other than the console. To put that right, set all of them together.',
    { table: 'settings', rowId: SETTINGS_ROW },
  );
}

function serialise(content: SettingsContent): string {
  const text = canonicalize(content);
  if (text === undefined) throw new Error('settings cannot be written as JSON');
  return text;
}

function withoutAbsent<Value extends object>(value: Value): { [Key in keyof Value]?: NonNullable<Value[Key]> } {
  return Object.fromEntries(Object.entries(value).filter(([, one]) => one !== undefined)) as never; // Absent fields are dropped, nothing else.
}
