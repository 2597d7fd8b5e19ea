import { afterEach, describe, expect, test } from 'vitest';
import { DeletionFixture, offline } from '../support/deletion-fixture.ts';

const opened: DeletionFixture[] = [];
afterEach(async () => {
  const fixtures = opened.splice(0);
  for (const fixture of fixtures) await fixture.dispose();
  for (const { log } of fixtures) expect(log.filter((line) => line.includes('deletion.stalled'))).toEqual([]);
});

async function filled(patience: Parameters<typeof DeletionFixture.open>[0] = {}) {
  const fixture = await DeletionFixture.open(patience);
  opened.push(fixture);
  const store = await fixture.addFolderPlace({ cloud: false });
  for (const key of ['1', '2', '3']) await store.put(`users/u001/${key}`, 'ours');
  return { fixture, store };
}

const KEYS = ['users/u001/1', 'users/u001/2', 'users/u001/3'];

describe('what was asked for and not answered', () => {
  test('D6, D7: is counted while the run waits, since it may be gone, and the deletion is past calling off', async () => {
    const { fixture, store } = await filled();
    // The server does what it was asked, and the answer never comes.
    store.faults.after = () => {
      store.faults.down = offline();
      throw offline();
    };
    const started = await fixture.start();
    expect(started.firstRemovalAt).toBeNull();
    const waiting = await fixture.until(started.id, ({ state }) => state === 'waiting');
    expect(await store.keys()).toEqual([]);
    expect(waiting.backends[0]).toMatchObject({ removed: 0, unanswered: 3 });
    expect(waiting.firstRemovalAt).not.toBeNull();
    await expect(fixture.deletions.cancel(fixture.admin, started.id)).rejects.toMatchObject({ code: 'WRONG_STATE' });
    store.faults.after = null;
    store.faults.down = null;
    const done = await fixture.done(started.id);
    expect(done.backends[0]).toMatchObject({ removed: 0, absent: 3, unanswered: 0 });
  });

  test('D6: is written down before the call, so that it is still known when the process dies in it', async () => {
    const { fixture, store } = await filled();
    fixture.onStep = ({ stage, at }) => {
      if (stage === 'store' && at === 'after_call') throw new Error('died');
    };
    const { id } = await fixture.start();
    await expect.poll(async () => store.keys()).toEqual([]);
    await fixture.crash({ motor: false });
    expect(fixture.deletions.show(id)).toMatchObject({
      state: 'store',
      backends: [{ removed: 0, unanswered: 3 }],
      firstRemovalAt: expect.any(String),
    });
    // Also with the row edited: the log says that a removal was asked for.
    fixture.db.raw.prepare('UPDATE deletions SET first_removal_at = NULL').run();
    await expect(fixture.deletions.cancel(fixture.admin, id)).rejects.toMatchObject({ code: 'WRONG_STATE' });
    await fixture.crash();
    expect((await fixture.done(id)).backends[0]).toMatchObject({ absent: 3, unanswered: 0 });
    // It died of an error that no run should meet: the log says so, and that is what this test is about.
    fixture.log.length = 0;
  });
});

test('D7: while a place is still being tried, the answer says what failed, before the run waits for it', async () => {
  const { fixture, store } = await filled({ patience: { callBackoffMs: [400, 400] } });
  const plan = await fixture.plan();
  store.faults.down = offline();
  const { id } = await fixture.start({ plan });
  const troubled = await fixture.until(id, ({ backends }) => backends[0]?.trouble !== null);
  expect(troubled.state).toBe('closing');
  expect(troubled.backends[0]?.trouble).toBe(offline().message);
  const waiting = await fixture.until(id, ({ state }) => state === 'waiting');
  expect(waiting.backends[0]?.trouble).toBeNull();
  store.faults.down = null;
  expect((await fixture.done(id)).backends[0]).toMatchObject({ removed: 3, trouble: null });
});

test('D2: a record that leads out of the user’s own place is told by the plan, left over, and stops nothing', async () => {
  const { fixture, store } = await filled();
  await store.put('users/u002/theirs', 'somebody else’s');
  fixture.record(store.backendNo, [...KEYS, 'users/u002/theirs', 'elsewhere.txt']);
  const plan = await fixture.plan();
  expect(plan.backends[0]).toMatchObject({ reachable: true, count: 5 });
  expect(plan.backends[0]?.note).toContain('2 recorded documents will be left over');
  const { id } = await fixture.start({ plan });
  const done = await fixture.done(id);
  expect(done.backends[0]).toMatchObject({ state: 'done', removed: 3, leftovers: 2 });
  expect(done.leftovers.map(({ ref, retryable }) => [ref, retryable])).toEqual([
    ['elsewhere.txt', false],
    ['users/u002/theirs', false],
  ]);
  await fixture.deletions.retry(fixture.admin, id, null);
  expect(await store.keys()).toEqual(['users/u002/theirs']);
  expect(fixture.deletions.show(id).leftovers).toHaveLength(2);
});

test('D7: while one place is waited for, work that goes on in another is not called waiting', async () => {
  const { fixture } = await filled({ patience: { waitBackoffMs: [60] } });
  const [first, second] = [
    await fixture.addFolderPlace({ cloud: true, label: 'first' }),
    await fixture.addFolderPlace({ cloud: true, label: 'second' }),
  ];
  for (let n = 0; n < 250; n += 1) await second.put(`users/u001/${n}`);
  const plan = await fixture.plan();
  const { id } = await fixture.start({ plan });
  // Both fall silent once the inventory is written.
  const states: string[] = [];
  first.faults.before = ({ method }) => {
    if (method !== 'list' || fixture.deletions.show(id).state === 'closing') return;
    first.faults.closed = offline();
    throw offline();
  };
  let pages = 0;
  second.faults.before = ({ method }) => {
    if (method !== 'remove') return;
    pages += 1;
    if (pages <= 3) throw offline();
    if (pages === 5) states.push(fixture.deletions.show(id).state);
  };
  await fixture.until(id, ({ waitingFor }) => waitingFor !== null);
  await expect.poll(() => states, { timeout: 10_000 }).toEqual(['clouds']);
  first.faults.before = null;
  first.faults.closed = null;
  second.faults.before = null;
  expect((await fixture.done(id)).leftovers).toEqual([]);
});

test('D6: closing lets the page in flight end, so that what it removes is known as removed', async () => {
  const { fixture, store } = await filled();
  const reached = new Promise<void>((resolve) => {
    store.faults.after = async () => {
      resolve();
      await new Promise((go) => setTimeout(go, 300));
    };
  });
  const { id } = await fixture.start();
  await reached;
  await fixture.deletions.close();
  store.faults.after = null;
  expect(fixture.deletions.show(id).backends[0]).toMatchObject({ removed: 3, absent: 0, unanswered: 0 });
  await fixture.crash();
  expect((await fixture.done(id)).backends[0]).toMatchObject({ removed: 3, absent: 0 });
});

test('D9, X6: figures and leftovers that somebody edited in the file are not certified', async () => {
  const { fixture, store } = await filled();
  store.faults.outcomes.set('users/u001/2', { outcome: 'failed', reason: 'Locked.', retryable: false });
  fixture.onStep = ({ stage, at }) => {
    if (stage === 'revoking' && at === 'before_call') throw new Error('died');
  };
  const { id } = await fixture.start();
  await fixture.until(id, ({ state }) => state === 'revoking' || state === 'waiting');
  await fixture.crash({ motor: false });
  fixture.db.raw.exec(
    'DELETE FROM leftovers; UPDATE deletion_backends SET removed = removed + leftovers, leftovers = 0',
  );
  await fixture.crash();
  const waiting = await fixture.until(id, ({ waitingFor }) => waitingFor?.reason === 'reauthorise');
  expect(waiting.waitingFor?.message).toContain('not what the log says');
  expect(fixture.db.raw.prepare('SELECT count(*) FROM users WHERE id = ?').pluck().get(fixture.user.id)).toBe(1);
  fixture.log.length = 0;
});

test('D9, C6: what was taken off the list of what to remove is told as left over, and not as absent', async () => {
  const { fixture } = await filled();
  const cloud = await fixture.addFolderPlace({ cloud: true, reach: 'recorded' });
  for (const key of ['a', 'b']) await cloud.put(`users/u001/${key}`);
  fixture.record(cloud.backendNo, ['users/u001/a', 'users/u001/b', 'users/u001/gone']);
  fixture.onStep = ({ stage, at }) => {
    if (stage === 'clouds' && at === 'before_call') throw new Error('died');
  };
  const { id } = await fixture.start();
  await fixture.until(id, ({ state }) => state === 'clouds' || state === 'waiting');
  await fixture.crash({ motor: false });
  fixture.db.raw.prepare("DELETE FROM deletion_items WHERE key IN ('users/u001/a', 'users/u001/gone')").run();
  await fixture.crash();
  const done = await fixture.done(id);
  expect(done.backends.find(({ id: source }) => source === cloud.sourceId)).toMatchObject({
    removed: 1,
    absent: 0,
    leftovers: 2,
  });
  expect(await cloud.keys()).toEqual(['users/u001/a']);
  fixture.log.length = 0;
});
