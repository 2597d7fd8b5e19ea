import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { openWorkspace, type Workspace } from './index.ts';

let dir = '';
let workspace: Workspace;
const open = (): Workspace => {
  dir = mkdtempSync(join(tmpdir(), 'qm-repeatable-'));
  workspace = openWorkspace({
    dir: join(dir, 'w'),
    create: true,
    clock: Date.now,
    newId: () => '0190b0c0-0000-7000-8000-000000000001',
  }).workspace;
  return workspace;
};
afterEach(() => {
  workspace.close();
  rmSync(dir, { recursive: true, force: true });
});

test('work that is done again if it is lost is not waited for, and everything after it is again', () => {
  const { db, repeatableTransaction, transaction } = open();
  const synchronous = () => db.raw.pragma('synchronous', { simple: true });
  const addBackend = () => db.raw.prepare("INSERT INTO backends (kind) VALUES ('s3')").run();
  const count = () => db.raw.prepare('SELECT count(*) FROM backends').pluck().get();
  const NORMAL = 1;
  const FULL = 2;
  expect(
    repeatableTransaction(() => {
      addBackend();
      return synchronous();
    }),
  ).toBe(NORMAL);
  expect(synchronous()).toBe(FULL);
  expect(() =>
    repeatableTransaction(() => {
      addBackend();
      throw new Error('undone');
    }),
  ).toThrow('undone');
  expect(synchronous()).toBe(FULL);
  expect(count()).toBe(1);
  expect(() => transaction(() => repeatableTransaction(addBackend))).toThrow('already open');
  expect(synchronous()).toBe(FULL);
  expect(transaction(synchronous)).toBe(FULL);
});
