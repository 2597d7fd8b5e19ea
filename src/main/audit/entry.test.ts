import { describe, expect, test } from 'vitest';
import type { Actor } from '../ground.ts';
import { Secret } from '../secret.ts';
import type { Append } from './audit.ts';
import { composeEntry, readEntry } from './entry.ts';

const actor: Actor = {
  kind: 'administrator',
  id: '01936f00-0000-7000-8000-000000000001',
  origin: { machine: 'm', osAccount: 'o', networkAddress: '192.0.2.1', host: 'serve' },
};
const identity = { sequence: 7, id: '01936f00-0000-7000-8000-000000000002', time: 1_764_000_000_123 };
const compose = (part: Partial<Append>) =>
  composeEntry({ actor, event: 'admin.user_created', target: { kind: 'user', id: 'u' }, ...part }, identity);

describe('A3: what an entry holds', () => {
  test('sequence, id, time, actor, on whose behalf, origin, event, target, outcome, metadata, seal, in canonical order', () => {
    expect(compose({ metadata: { b: 1, a: [true, null] } }).entry).toBe(
      '{"actor":{"id":"01936f00-0000-7000-8000-000000000001","kind":"administrator"},"event":"admin.user_created",' +
        '"id":"01936f00-0000-7000-8000-000000000002","metadata":{"a":[true,null],"b":1},"onBehalfOf":null,' +
        '"origin":{"host":"serve","machine":"m","networkAddress":"192.0.2.1","osAccount":"o"},"outcome":"done","seal":null,' +
        '"sequence":7,"target":{"id":"u","kind":"user"},"time":"2025-11-24T16:00:00.123Z"}',
    );
  });

  test('the console acts on behalf of somebody, and can be searched for by them', () => {
    const { entry, columns } = compose({ actor: { kind: 'console', onBehalfOf: actor.id, origin: actor.origin } });
    expect(readEntry(entry)).toMatchObject({ actor: { kind: 'console', id: null }, onBehalfOf: actor.id });
    expect(columns.actorId).toBe(actor.id);
  });

  test('the seal that the act gave a row stands in the entry; a removal says null', () => {
    const sealed = compose({ sealed: { table: 'users', rowId: 'u', seal: Buffer.of(1, 2, 3) } });
    expect(readEntry(sealed.entry)?.seal).toEqual({ table: 'users', row: 'u', value: 'AQID' });
    expect(sealed.columns).toMatchObject({ sealedTable: 'users', sealedRow: 'u' });
    expect(readEntry(compose({ sealed: { table: 'users', rowId: 'u', seal: null } }).entry)?.seal?.value).toBeNull();
  });

  test('text is NFC, names too, and big integers are strings', () => {
    const { entry, columns } = compose({
      target: { kind: 'user', id: 'e\u0301' },
      metadata: { 'o\u0308': ['a\u030a', 2n ** 64n], lone: '\ud800' },
    });
    expect(entry).toContain('"\u00f6":["\u00e5","18446744073709551616"]');
    expect(entry).toContain('"lone":"\ufffd"');
    expect(columns.targetId).toBe('\u00e9');
  });

  test.each([[Number.NaN], [Number.POSITIVE_INFINITY], [2 ** 53], [new Map()], [Buffer.of(1).buffer], [() => 1]])(
    'what JSON cannot carry exactly is refused: %s',
    (value) => {
      expect(() => compose({ metadata: { value } })).toThrow(TypeError);
    },
  );

  test('a secret that strays into an entry stands there as [secret]', () => {
    expect(compose({ metadata: { key: new Secret('hunter2') } }).entry).toContain('"key":"[secret]"');
  });
});
