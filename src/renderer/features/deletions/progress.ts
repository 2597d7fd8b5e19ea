import type { Deletion } from '../../../contract/deletions.ts';

export type Backend = Deletion['backends'][number];

export interface Progress {
  /** What is to go: planned, or more where more was found since. */
  readonly total: number;
  /** Removed, absent by then, or left over: nothing more is done about it. */
  readonly settled: number;
  readonly removed: number;
  readonly absent: number;
  readonly leftovers: number;
  readonly totalBytes: number;
  readonly removedBytes: number;
  /** 0 to 1; 1 only when the deletion is done. */
  readonly share: number;
}

const NEARLY = 0.99;

export function progressOf({ backends, state }: Pick<Deletion, 'backends' | 'state'>): Progress {
  const sum = (of: (backend: Backend) => number) => backends.reduce((total, backend) => total + of(backend), 0);
  const settled = sum(settledOf);
  const total = sum(totalOf);
  const share = state === 'done' ? 1 : total === 0 ? 0 : Math.min(settled / total, NEARLY);
  return {
    total,
    settled,
    removed: sum(({ removed }) => removed),
    absent: sum(({ absent }) => absent),
    leftovers: sum(({ leftovers }) => leftovers),
    totalBytes: sum(totalBytesOf),
    removedBytes: sum(({ removedBytes }) => removedBytes),
    share,
  };
}

/** How many were asked to be removed and not answered for: any of them may be gone already. */
export function unansweredOf(backends: readonly Backend[]): number {
  return backends.reduce((sum, { unanswered }) => sum + unanswered, 0);
}

/** Only before the first removal was asked for (D4): whatever was answered to it. */
export function canBeCalledOff({ state, firstRemovalAt }: Pick<Deletion, 'state' | 'firstRemovalAt'>): boolean {
  return firstRemovalAt === null && !isOver({ state }) && state !== 'finishing' && state !== 'certifying';
}

export function settledOf({ removed, absent, leftovers }: Backend): number {
  return removed + absent + leftovers;
}

/** What one backend is measured against: planned, or more where the inventory or a later look found more. */
export function totalOf(backend: Backend): number {
  return Math.max(backend.planned, backend.found, settledOf(backend));
}

/** The same in bytes: `bytes` holds what was planned, or found since where that is more. */
export function totalBytesOf({ plannedBytes, bytes, removedBytes }: Backend): number {
  return Math.max(plannedBytes, bytes, removedBytes);
}

export const STAGES = ['close', 'clouds', 'store', 'verify', 'revoke', 'finish'] as const;
export type Stage = (typeof STAGES)[number];

const OF_STATE: Partial<Record<Deletion['state'], Stage>> = {
  closing: 'close',
  clouds: 'clouds',
  store: 'store',
  verifying: 'verify',
  review: 'verify',
  revoking: 'revoke',
  finishing: 'finish',
  certifying: 'finish',
};

export interface Standing {
  /** Index into STAGES; their number when all are behind. */
  readonly at: number;
  /** How far the present stage is, 0 to 1. */
  readonly share: number;
}

/** Where a deletion stands. While it waits or is paused the answer names no stage: then its backends say it. */
export function standingOf(deletion: Pick<Deletion, 'backends' | 'state'>): Standing {
  if (deletion.state === 'done') return { at: STAGES.length, share: 1 };
  const stage = OF_STATE[deletion.state] ?? stageByBackends(deletion.backends);
  const at = STAGES.indexOf(stage);
  const [clouds, store] = [cloudsOf(deletion.backends), storesOf(deletion.backends)];
  if (stage === 'clouds') return { at, share: shareOf(clouds) };
  if (stage === 'store') return { at, share: shareOf(store) };
  return { at, share: 0 };
}

function stageByBackends(backends: readonly Backend[]): Stage {
  if (cloudsOf(backends).some(isUnfinished)) return 'clouds';
  if (storesOf(backends).some(({ state }) => state === 'verifying')) return 'verify';
  return storesOf(backends).some(isUnfinished) ? 'store' : 'verify';
}

function cloudsOf(backends: readonly Backend[]): readonly Backend[] {
  return backends.filter(({ cloud }) => cloud);
}

function storesOf(backends: readonly Backend[]): readonly Backend[] {
  return backends.filter(({ cloud }) => !cloud);
}

function isUnfinished({ state }: Backend): boolean {
  return state !== 'done' && state !== 'skipped';
}

function shareOf(backends: readonly Backend[]): number {
  const total = backends.reduce((sum, backend) => sum + totalOf(backend), 0);
  const settled = backends.reduce((sum, backend) => sum + settledOf(backend), 0);
  return total === 0 ? 0 : settled / total;
}

export function isOver({ state }: Pick<Deletion, 'state'>): boolean {
  return state === 'done' || state === 'cancelled';
}
