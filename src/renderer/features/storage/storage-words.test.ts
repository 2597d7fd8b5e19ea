import { describe, expect, test } from 'vitest';
import type { IndexRun, Profile } from '../../../contract/storage.ts';
import { newestRunOf, placeOf } from './places.ts';
import { resultText } from './storage-words.ts';

const run: IndexRun = {
  id: '01936f00-0000-7000-8000-000000000001',
  state: 'done',
  source: 'main',
  place: { kind: 'profile', id: 'p1' },
  seen: 1204,
  added: 3,
  changed: 0,
  removed: 1,
  foreign: 0,
  bytes: 5 * 2 ** 30,
  message: null,
  startedAt: '2026-11-24T14:00:00.000Z',
  endedAt: '2026-11-24T14:00:12.000Z',
};

describe('what an index run did', () => {
  test('S5: counts that are nothing are left out, and what is nobody’s is said to be kept', () => {
    expect(resultText(run)).toBe('1,204 objects seen in 12\u00a0s, 5.00\u00a0GiB on record: 3 added, 1 gone.');
    expect(resultText({ ...run, seen: 1, added: 0, removed: 0, foreign: 1, endedAt: null })).toBe(
      '1 object seen, 5.00\u00a0GiB on record: nothing had changed. 1 object is of no user or not the platform’s: kept, not recorded.',
    );
  });

  test('the newest of a place is its own: a connection of the same id, or a run of what is gone, is another', () => {
    const gone = { ...run, id: 'gone', place: null };
    const other = { ...run, id: 'other', place: { kind: 'connection', id: 'p1' } as const };
    expect(newestRunOf([gone, other, run, { ...run, id: 'older' }], 'profile', 'p1')).toBe(run);
    expect(newestRunOf([gone], 'profile', 'p1')).toBeNull();
    expect(newestRunOf(undefined, 'profile', 'p1')).toBeNull();
  });
});

test('where a store is: without the scheme, and with a sign where there is a bucket for each user', () => {
  const profile = { kind: 's3', endpoint: 'https://s3.example.org:9000', bucket: 'docs', layout: 'users/{userId}/' };
  // The fields that the words are made of.
  const place = (change: Partial<Profile>) => placeOf({ ...profile, ...change } as Profile);
  expect(place({})).toBe('s3.example.org:9000, docs');
  expect(place({ bucket: 'docs-', layout: 'bucket:{externalId}' })).toBe('s3.example.org:9000, docs-…');
  expect(place({ kind: 'folder', endpoint: null, bucket: null })).toBe('built in, beside the workspace');
});
