import { existsSync, writeFileSync } from 'node:fs';
import { type AnyRead, defineLongRead, defineRead } from '../../src/main/database/index.ts';
import { Refusal } from '../../src/main/refusal.ts';

// Reads that no console has: what the reader thread must bear.

export const countUsers = defineRead('test.count', (db, where: string) => {
  const count = db.raw.prepare<[string], number>('SELECT count(*) FROM users WHERE mail LIKE ?').pluck().get(where);
  return { count: count ?? 0, thread: process.pid, isWritable: !db.raw.readonly };
});

/** Ends the thread that it is read on. */
export const die = defineRead('test.die', (_db, _input: null): string => process.exit(3));

/** The same, once: a file says that it has happened. */
export const dieOnce = defineRead('test.die-once', (_db, file: string): string => {
  if (existsSync(file)) return 'alive';
  writeFileSync(file, '');
  return process.exit(3);
});

/** One statement that goes on and on, with a snapshot open as long. */
export const oneLongStatement = defineRead(
  'test.statement',
  (db, rows: number) =>
    db.raw
      .prepare<[number], number>(
        `WITH RECURSIVE n (i) AS (SELECT count(*) FROM users UNION ALL SELECT i + 1 FROM n WHERE i < ?)
         SELECT count(*) FROM n WHERE i IN (SELECT no FROM users)`,
      )
      .pluck()
      .get(rows) ?? 0,
  400,
);

/** Steps without end, of some milliseconds each. */
export const endless = defineLongRead('test.endless', function* (db, counter: SharedArrayBuffer): Generator<
  void,
  never
> {
  const steps = new Int32Array(counter);
  while (true) {
    const until = performance.now() + 3;
    while (performance.now() < until) db.raw.prepare('SELECT count(*) FROM users').get();
    Atomics.add(steps, 0, 1);
    yield;
  }
});

export const write = defineRead('test.write', (db, _input: null) => {
  db.raw.exec("UPDATE users SET name = 'x'");
  return null;
});

export const refuse = defineRead('test.refuse', (_db, name: string): null => {
  throw new Refusal('NOT_FOUND', `There is no ${name}.`, { what: 'thing', name });
});

export const fail = defineRead('test.fail', (_db, _input: null): null => {
  throw new TypeError('a mistake');
});

export const oddReads: readonly AnyRead[] = [countUsers, die, dieOnce, oneLongStatement, endless, write, refuse, fail];
