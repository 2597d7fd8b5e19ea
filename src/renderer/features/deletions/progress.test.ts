import { describe, expect, test } from 'vitest';
import { type Backend, canBeCalledOff, progressOf, STAGES, standingOf, unansweredOf } from './progress.ts';

const backend = (change: Partial<Backend>): Backend => ({
  id: 'x',
  kind: 's3',
  label: 'x',
  cloud: false,
  state: 'due',
  finality: 'final',
  planned: 100,
  found: 0,
  plannedBytes: 1000,
  removed: 0,
  removedBytes: 0,
  absent: 0,
  kept: 0,
  leftovers: 0,
  bytes: 1000,
  unanswered: 0,
  trouble: null,
  ...change,
});

describe('progress of a deletion', () => {
  test('removed, absent and left over are all settled', () => {
    const backends = [backend({ removed: 40, absent: 5, leftovers: 5 }), backend({ removed: 0 })];
    expect(progressOf({ backends, state: 'clouds' })).toMatchObject({
      total: 200,
      settled: 50,
      removed: 40,
      share: 0.25,
    });
  });

  test('it is never full before it is done, and always when it is', () => {
    const backends = [backend({ removed: 100 })];
    expect(progressOf({ backends, state: 'certifying' }).share).toBeLessThan(1);
    expect(progressOf({ backends, state: 'done' }).share).toBe(1);
    expect(progressOf({ backends: [], state: 'done' }).share).toBe(1);
  });

  test('more found than planned does not pass the end', () => {
    expect(progressOf({ backends: [backend({ removed: 150 })], state: 'store' })).toMatchObject({
      total: 150,
      settled: 150,
    });
  });

  test('what was found beyond the plan is still to go, in objects and in bytes', () => {
    const grown = backend({ planned: 1600, found: 1919, removed: 1600, plannedBytes: 16_000, bytes: 19_190 });
    expect(progressOf({ backends: [{ ...grown, removedBytes: 16_000 }], state: 'store' })).toMatchObject({
      total: 1919,
      settled: 1600,
      totalBytes: 19_190,
      share: 1600 / 1919,
    });
    expect(standingOf({ state: 'store', backends: [grown] }).share).toBe(1600 / 1919);
  });

  test('before the inventory, and where it finds less, the plan is what counts', () => {
    expect(progressOf({ backends: [backend({ found: 0 }), backend({ found: 60 })], state: 'store' })).toMatchObject({
      total: 200,
      totalBytes: 2000,
    });
  });

  test('nothing planned is nothing done yet', () => {
    expect(progressOf({ backends: [backend({ planned: 0 })], state: 'closing' }).share).toBe(0);
  });
});

describe('where a deletion stands', () => {
  const named = (deletion: Parameters<typeof standingOf>[0]) => STAGES[standingOf(deletion).at] ?? 'over';
  const cloud = (change: Partial<Backend>) => backend({ cloud: true, ...change });
  const done = { state: 'done', removed: 100 } as const;

  test.each([
    ['closing', 'close'],
    ['clouds', 'clouds'],
    ['store', 'store'],
    ['verifying', 'verify'],
    ['review', 'verify'],
    ['revoking', 'revoke'],
    ['finishing', 'finish'],
    ['certifying', 'finish'],
    ['done', 'over'],
  ] as const)('%s is %s', (state, stage) => {
    expect(named({ state, backends: [cloud({}), backend({})] })).toBe(stage);
  });

  test('while it waits, the backends say it: clouds first, the own store last', () => {
    expect(named({ state: 'waiting', backends: [cloud(done), cloud({ state: 'waiting' }), backend({})] })).toBe(
      'clouds',
    );
    expect(named({ state: 'waiting', backends: [cloud(done), backend(done), backend({ state: 'waiting' })] })).toBe(
      'store',
    );
    expect(named({ state: 'paused', backends: [cloud(done), backend({ state: 'verifying' })] })).toBe('verify');
    expect(named({ state: 'waiting', backends: [cloud(done), backend(done)] })).toBe('verify');
    expect(named({ state: 'waiting', backends: [cloud({ state: 'skipped' }), backend({ state: 'waiting' })] })).toBe(
      'store',
    );
  });

  test('the present stage says how far it is', () => {
    expect(standingOf({ state: 'clouds', backends: [cloud({ removed: 50 }), backend({})] }).share).toBe(0.5);
    expect(standingOf({ state: 'store', backends: [cloud(done), backend({ removed: 25 })] }).share).toBe(0.25);
  });
});

describe('what was asked for', () => {
  const at = '2026-11-24T14:00:00.000Z';

  test('a deletion can be called off until the first removal is asked for, also while nothing is known to be gone', () => {
    expect(canBeCalledOff({ state: 'clouds', firstRemovalAt: null })).toBe(true);
    expect(canBeCalledOff({ state: 'waiting', firstRemovalAt: at })).toBe(false);
    for (const state of ['finishing', 'certifying', 'done', 'cancelled'] as const)
      expect(canBeCalledOff({ state, firstRemovalAt: null }), state).toBe(false);
  });

  test('what was asked for and not answered is counted over all backends, and is not settled', () => {
    const backends = [backend({ unanswered: 7 }), backend({ unanswered: 2, removed: 40 }), backend({})];
    expect(unansweredOf(backends)).toBe(9);
    expect(progressOf({ backends, state: 'waiting' })).toMatchObject({ settled: 40, removed: 40 });
  });
});
