import { setTimeout as sleep } from 'node:timers/promises';
import type { WebSocket } from 'ws';
import { version as ownVersion } from '../../../../package.json';
import type { ConsoleClient } from '../../../contract/index.ts';
import { prepareWorkspaceFolder } from '../../database/index.ts';
import type { Origin } from '../../ground.ts';
import { isRefusal, type Refusal } from '../../refusal.ts';
import { revealSecret } from '../../secret.ts';
import { keepMemoryOutOfCoreDumps } from '../../vault/index.ts';
import { hostOrigin } from '../host-environment.ts';
import type { Carrier, Line } from '../lines.ts';
import { clientOf, ownCaller, socketCaller } from './caller.ts';
import { dialOwner, OwnerUnreachable } from './dial.ts';
import { type OwnedConsole, type OwnerOptions, openAsOwner } from './open.ts';
import { relayLine } from './relay-line.ts';
import { openSteadyCaller } from './steady-caller.ts';
import { refusalOf } from './unreachable.ts';

/** How long an owner that is only beginning or ending is waited for. */
const PATIENCE_MS = 15_000;
const FIRST_PAUSE_MS = 20;
const LONGEST_PAUSE_MS = 250;
/** A host that lives on tries again after so long where nobody could be reached. */
const AGAIN_MS = 2_000;

export interface OpenWorkspaceOptions extends Omit<OwnerOptions, 'version'> {
  readonly version?: string;
  readonly patienceMs?: number;
  /** Ends the waiting for an owner that does not answer. */
  readonly signal?: AbortSignal;
}

/** The console on a workspace, in this process or in the one that owns the workspace. */
export interface OpenedWorkspace {
  /** The console, while this process is the owner. */
  owned(): OwnedConsole | null;
  /** A line for a client of this host's; ends with `owner_gone` when the owner goes, and can be opened anew at once. */
  openLine(carrier: Carrier): Line;
  /** A client with a line of its own that outlives the owner. */
  client(): ConsoleClient;
  close(): Promise<void>;
}

type Place =
  | { readonly kind: 'owner'; readonly console: OwnedConsole }
  | { readonly kind: 'guest'; dial(origin?: Partial<Origin>): Promise<WebSocket>; readonly presence: WebSocket };

/**
 * Opens the workspace as its owner, or goes to the one that owns it (R6). When that one is gone, this process becomes the owner
 * or finds the next. Refused with WORKSPACE_OWNED where there is an owner that cannot be talked to.
 */
export async function openWorkspace(options: OpenWorkspaceOptions): Promise<OpenedWorkspace> {
  keepMemoryOutOfCoreDumps();
  prepareWorkspaceFolder(options.workspaceDir, options.create);
  const isLasting = options.host !== 'qm';
  const origin = await hostOrigin(options.host);
  let isClosed = false;
  let known: Place = await seek(options, origin);
  let seeking: Promise<Place> | null = null;

  function settle(place: Place): Place {
    known = place;
    // A line that carries no call: it tells the owner that somebody is here, and this process that the owner is gone.
    if (place.kind === 'guest') place.presence.once('close', () => void keepFinding());
    return place;
  }

  /** A host that lives on does the work that waits, so it takes over even while none of its clients asks for anything. */
  async function keepFinding(): Promise<void> {
    while (isGone()) {
      const isFound = await find().then(
        () => true,
        () => !isLasting,
      );
      if (isFound) return;
      await sleep(AGAIN_MS, undefined, { ref: false });
    }
  }

  /** Who is the owner now, looked for once however many ask. */
  function find(): Promise<Place> {
    seeking ??= seek(options, origin)
      .then(settle)
      .finally(() => {
        seeking = null;
      });
    return seeking;
  }

  const isGone = () => !isClosed && known.kind === 'guest' && known.presence.readyState !== known.presence.OPEN;
  const current = async (): Promise<Place> => (isGone() ? await find() : known);
  settle(known);

  const steady = openSteadyCaller(async () => {
    for (let tries = 1; ; tries += 1) {
      const place = await current();
      if (place.kind === 'owner') return ownCaller(place.console);
      try {
        return socketCaller(await place.dial());
      } catch (error) {
        if (tries >= 5) throw refusalOf(error, options.workspaceDir);
        await sleep(FIRST_PAUSE_MS * 2 ** tries);
      }
    }
  });

  return {
    owned: () => (known.kind === 'owner' ? known.console : null),
    openLine(carrier) {
      if (known.kind === 'owner') return known.console.openLine(carrier);
      return relayLine(carrier, async () => {
        const place = await current();
        return place.kind === 'owner' ? place.console : await place.dial(carrier.origin);
      });
    },
    client: () => (known.kind === 'owner' ? known.console.client() : clientOf(steady.call)),
    async close() {
      isClosed = true;
      steady.close();
      await seeking?.catch(() => {});
      if (known.kind === 'owner') await known.console.close();
      else known.presence.close();
    },
  };
}

async function seek(options: OpenWorkspaceOptions, origin: Origin): Promise<Place> {
  const version = options.version ?? ownVersion;
  const until = performance.now() + (options.patienceMs ?? PATIENCE_MS);
  for (let pause = FIRST_PAUSE_MS; ; pause = Math.min(pause * 2, LONGEST_PAUSE_MS)) {
    let owned: Refusal;
    try {
      return { kind: 'owner', console: await openAsOwner({ ...options, version }) };
    } catch (error) {
      if (!isRefusal(error, 'WORKSPACE_OWNED')) throw error;
      owned = error;
    }
    try {
      return await asGuest(options, origin, version);
    } catch (error) {
      if (!(error instanceof OwnerUnreachable)) throw error;
      if (error.why !== 'silent' || performance.now() >= until)
        throw refusalOf(error, options.workspaceDir, owned, version);
    }
    await sleep(pause, undefined, options.signal ? { signal: options.signal } : {});
  }
}

async function asGuest(options: OpenWorkspaceOptions, origin: Origin, version: string): Promise<Place> {
  const { workspaceDir, motor } = options;
  const dial = (more?: Partial<Origin>) =>
    dialOwner(workspaceDir, { version, motor, origin: { ...origin, ...more, host: origin.host } });
  const presence = await dial();
  try {
    await unlock(options, dial);
    return { kind: 'guest', dial, presence };
  } catch (error) {
    presence.close();
    throw error;
  }
}

/** A passphrase that was given opens the owner's vault too, where that has one and is locked. */
async function unlock({ passphrase }: OpenWorkspaceOptions, dial: () => Promise<WebSocket>): Promise<void> {
  if (!passphrase) return;
  const caller = socketCaller(await dial());
  try {
    const client = clientOf((path, input, given) => caller.call(path, input, given));
    const { vault } = await client.session.state({});
    if (vault.state === 'locked' && vault.way === 'passphrase')
      await client.vault.unlock({ passphrase: revealSecret(passphrase, 'unlocking the vault') });
  } finally {
    caller.close();
  }
}
