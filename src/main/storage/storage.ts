import type { IndexRun, Profile } from '../../contract/storage.ts';
import type { Db } from '../database/index.ts';
import type { Actor, Ground } from '../ground.ts';
import type { DocumentPage, DocumentQuery } from './documents.ts';
import { connectionSource, type IndexedConnections, openIndexing, profileSource } from './indexing/index.ts';
import type { DeletionTarget } from './port.ts';
import { addProfile, type NewProfile, type ProfileChange, removeProfile, updateProfile } from './profiles/changes.ts';
import { checkProfile } from './profiles/doctor.ts';
import { type Link, type LinkWish, makeLink } from './profiles/link.ts';
import { FolderStores } from './profiles/opening.ts';
import { findProfile, listProfileRows, profileAnswer } from './profiles/profile-rows.ts';
import { ownStoreTargets, type TargetUser } from './profiles/targets.ts';
import { documentsRead } from './reads.ts';
import { explainStorageError } from './refusals.ts';

export type IndexWish = { readonly profile: string } | { readonly connectionId: string };

/** Where documents lie: profiles, the index of what they hold, and links. */
export interface Storage {
  list(): Profile[];
  /** Refuses with NAME_TAKEN, IN_USE (the present own store holds documents), STORAGE_UNSAFE. */
  add(actor: Actor, profile: NewProfile): Promise<Profile>;
  update(actor: Actor, change: ProfileChange): Promise<Profile>;
  /** Objects are not touched. Refuses with IN_USE while documents are recorded in it. */
  remove(
    actor: Actor,
    wanted: { readonly profile: string; readonly expectedVersion: number },
  ): Promise<{ removed: string }>;
  check(actor: Actor, profile: string, signal?: AbortSignal): ReturnType<typeof checkProfile>;
  /** Starts a run in the background (S5). Refuses with IN_USE, VAULT_LOCKED, SEAL_BROKEN, NOT_FOUND. */
  index(actor: Actor, wish: IndexWish): Promise<IndexRun>;
  watchIndex(runId: string, signal?: AbortSignal): AsyncGenerator<IndexRun, void, void>;
  cancelIndex(actor: Actor, runId: string): Promise<IndexRun>;
  indexRuns(limit: number): IndexRun[];
  link(actor: Actor, wish: LinkWish, signal?: AbortSignal): Promise<Link>;
  documents(query: DocumentQuery, signal?: AbortSignal): Promise<DocumentPage>;
  /** The platform's own store, and other profiles that hold documents of the user, for a deletion. */
  ownStoreTargets(db: Db, user: TargetUser): DeletionTarget[];
  close(): Promise<void>;
}

export interface StorageParts {
  readonly connections: IndexedConnections;
}

/** Opens the domain. Index runs that an earlier process left behind are marked as failed; the next goes on from there. */
export function openStorage(ground: Ground, { connections }: StorageParts): Storage {
  const { workspace, audit } = ground;
  const { db } = workspace;
  const folders = new FolderStores(ground);
  const indexing = openIndexing(ground);

  return {
    list: () => listProfileRows(db).map(profileAnswer),
    add: async (actor, profile) => await addProfile(ground, actor, profile),
    update: async (actor, change) => await updateProfile(ground, actor, change),
    remove: async (actor, wanted) => await removeProfile(ground, actor, wanted, indexing.isRunning),

    async check(actor, profile, signal) {
      const row = findProfile(db, profile);
      const result = await explained(checkProfile(ground, folders, row, signal));
      workspace.transaction((tx) =>
        audit.append(tx, {
          actor,
          event: 'admin.storage_checked',
          target: { kind: 'profile', id: row.id },
          outcome: result.ok ? 'done' : 'failed',
          metadata: { findings: Object.fromEntries(result.findings.map(({ check, outcome }) => [check, outcome])) },
        }),
      );
      return result;
    },

    async index(actor, wish) {
      if ('profile' in wish) {
        const row = findProfile(db, wish.profile);
        return indexing.start(actor, await explained(profileSource(ground, folders, row)), row.own);
      }
      const connection = await explained(connections.openForIndex(wish.connectionId));
      return indexing.start(actor, connectionSource(connection), false);
    },
    watchIndex: (runId, signal) => indexing.watch(runId, signal),
    cancelIndex: async (actor, runId) => await indexing.cancel(actor, runId),
    indexRuns: (limit) => indexing.list(limit),

    link: async (actor, wish, signal) => await explained(makeLink(ground, actor, wish, signal)),
    documents: (query, signal) => workspace.read(documentsRead, query, signal),
    ownStoreTargets: (within, user) => ownStoreTargets(within, ground, folders, user),

    async close() {
      await indexing.close();
      await folders.close();
    },
  };
}

async function explained<Result>(work: Promise<Result>): Promise<Result> {
  try {
    return await work;
  } catch (error) {
    throw explainStorageError(error);
  }
}
