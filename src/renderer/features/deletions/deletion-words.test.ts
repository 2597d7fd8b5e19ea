import { describe, expect, test } from 'vitest';
import type { Plan } from '../../../contract/deletions.ts';
import { leadOf } from './deletion-words.ts';

type PlanBackend = Plan['backends'][number];

const backend = (change: Partial<PlanBackend>): PlanBackend => ({
  id: 'x',
  kind: 's3',
  label: 'x',
  cloud: false,
  count: 100,
  bytes: 1024,
  kept: 0,
  reachable: true,
  finality: 'final',
  note: null,
  ...change,
});

const said = (...backends: PlanBackend[]) => {
  const { total, final, rest } = leadOf({ backends });
  return `${total} ${final}${rest}`.replaceAll('\u00a0', ' ');
};

describe('D5: how final a plan is, in a sentence', () => {
  test('all of it', () => {
    expect(said(backend({ count: 1 }))).toBe('1 object, 1.00 KiB, in 1 backend. All of it is final at once.');
  });

  test('some of it goes to a trash, some is kept for a time, of some the server says nothing', () => {
    expect(
      said(
        backend({}),
        backend({ finality: 'trash', count: 20 }),
        backend({ finality: 'retained', count: 3 }),
        backend({ finality: 'unknown', count: 1 }),
      ),
    ).toBe(
      '124 objects, 4.00 KiB, in 4 backends. 100 objects are final at once; 20 objects go to a trash first; of 3 objects something stays for a time; for 1 object the server does not say.',
    );
  });

  test('what could not be listed is never passed over as nothing', () => {
    expect(said(backend({ count: 0, bytes: 0, reachable: false, finality: 'unknown' }))).toBe(
      '0 objects, 0 B, in 1 backend. What could be listed holds nothing; 1 backend could not be listed.',
    );
    expect(said(backend({ reachable: false, count: 0, bytes: 0, finality: 'unknown' }), backend({}))).toBe(
      '100 objects, 1.00 KiB, in 2 backends. 100 objects are final at once; 1 backend could not be listed.',
    );
  });

  test('nothing there', () => {
    expect(said(backend({ count: 0, bytes: 0 }))).toBe('0 objects, 0 B, in 1 backend. There is nothing to remove.');
  });
});
