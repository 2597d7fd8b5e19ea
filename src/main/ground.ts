import type { Audit } from './audit/index.ts';
import type { Workspace } from './database/index.ts';
import type { Vault } from './vault/index.ts';

/** Milliseconds since 1970 UTC. */
export type Clock = () => number;
/** A new UUIDv7 as text. */
export type NewId = () => string;
export type RandomBytes = (size: number) => Uint8Array;

/** Where an act came from (A3). */
export interface Origin {
  readonly machine: string;
  readonly osAccount: string;
  readonly networkAddress: string | null;
  readonly host: 'desktop' | 'serve' | 'qm';
}

/** Who acts. Unattended work is done by the console on behalf of the administrator who ordered it. */
export type Actor =
  | { readonly kind: 'administrator'; readonly id: string; readonly origin: Origin }
  | { readonly kind: 'console'; readonly onBehalfOf: string | null; readonly origin: Origin }
  | { readonly kind: 'anonymous'; readonly origin: Origin };

/** A line for the host's log: a code and facts without secrets or mail addresses. */
export type Log = (event: string, facts?: Record<string, string | number | boolean | null>) => void;

/** What every domain stands on. Passed in; nothing is module-level state. */
export interface Ground {
  readonly workspace: Workspace;
  readonly vault: Vault;
  readonly audit: Audit;
  readonly clock: Clock;
  readonly newId: NewId;
  readonly randomBytes: RandomBytes;
  readonly origin: Origin;
  readonly log: Log;
}
