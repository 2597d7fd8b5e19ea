import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Append } from './audit.ts';
import { agreeAtSight, columnsAgree, parse } from './columns.ts';
import { composeEntry } from './entry.ts';
import type { LogRow } from './rows.ts';

const origin = { machine: 'm "quoted" \\', osAccount: ',"outcome":"done"', networkAddress: null, host: 'qm' as const };
const text = fc.oneof(
  fc.uuid(),
  fc.string({ unit: 'binary' }),
  fc.constantFrom('"', '\\', '\\"', '","kind":"user"}', 'null', '', ',"outcome":"done","seal":null'),
);
const append: fc.Arbitrary<Append> = fc.record({
  actor: fc.oneof(
    fc.record({ kind: fc.constant('administrator' as const), id: text, origin: fc.constant(origin) }),
    fc.record({ kind: fc.constant('console' as const), onBehalfOf: fc.option(text), origin: fc.constant(origin) }),
    fc.record({ kind: fc.constant('anonymous' as const), origin: fc.constant(origin) }),
  ),
  event: fc.constantFrom('admin.user_created' as const, 'console.log_tampered' as const),
  target: fc.option(fc.record({ kind: text, id: text })),
  outcome: fc.constantFrom('done' as const, 'refused' as const, 'failed' as const),
  metadata: fc.dictionary(text, fc.oneof(text, fc.dictionary(text, text))),
  sealed: fc.record({ table: text, rowId: text, seal: fc.option(fc.uint8Array()) }),
});

function rowOf(entry: Append): LogRow {
  const composed = composeEntry(entry, {
    sequence: 12,
    id: '01936f00-0000-7000-8000-000000000002',
    time: 1_764_000_000_123,
  });
  return { sequence: 12, entry: composed.entry, previousHash: '', hash: '', ...composed.columns };
}

describe('A4: searching columns against the entry', () => {
  test('what the console writes agrees', () => {
    fc.assert(
      fc.property(append, (entry) => {
        const row = rowOf(entry);
        expect(columnsAgree(row, parse(row.entry)!)).toBe(true);
      }),
    );
  });

  test('a usual entry agrees at sight, whoever acted, sealed or not', () => {
    const administrator = { kind: 'administrator' as const, id: 'a', origin };
    for (const actor of [
      administrator,
      { kind: 'console' as const, onBehalfOf: 'a', origin },
      { kind: 'anonymous' as const, origin },
    ])
      for (const target of [null, { kind: 'user', id: 'u' }])
        for (const sealed of [
          {},
          { sealed: { table: 'users', rowId: 'u', seal: Buffer.of(1) } },
          { sealed: { table: 'users', rowId: 'u', seal: null } },
        ])
          expect(
            agreeAtSight(
              rowOf({ actor, target, event: 'admin.user_created', metadata: { a: { outcome: 'x' } }, ...sealed }),
            ),
          ).toBe(true);
  });

  test('whatever is changed in a column, both ways of looking find it', () => {
    const changes: fc.Arbitrary<Partial<LogRow>> = fc.oneof(
      fc.record({ id: text }),
      fc.record({ time: fc.integer() }),
      fc.record({ event: text }),
      fc.record({ outcome: text }),
      fc.record({ actorId: fc.option(text) }),
      fc.record({ targetKind: fc.option(text) }),
      fc.record({ targetId: fc.option(text) }),
      fc.record({ sealedTable: fc.option(text) }),
      fc.record({ sealedRow: fc.option(text) }),
    );
    fc.assert(
      fc.property(append, changes, (entry, change) => {
        const row = rowOf(entry);
        const changed: LogRow = { ...row, ...change };
        const isSame = Object.entries(change).every(([name, value]) => Reflect.get(row, name) === value);
        expect(columnsAgree(changed, parse(row.entry)!)).toBe(isSame);
        if (!isSame) expect(agreeAtSight(changed)).toBe(false);
      }),
      { numRuns: 2000 },
    );
    expect(
      agreeAtSight({
        ...rowOf({ actor: { kind: 'anonymous', origin }, event: 'console.log_tampered', target: null }),
        sequence: 13,
      }),
    ).toBe(false);
  });
});
