import { afterEach, describe, expect, test } from 'vitest';
import { DeletionFixture, failing, offline, unauthorised } from '../support/deletion-fixture.ts';

const opened: DeletionFixture[] = [];
async function open(options: Parameters<typeof DeletionFixture.open>[0] = {}): Promise<DeletionFixture> {
  const fixture = await DeletionFixture.open(options);
  opened.push(fixture);
  return fixture;
}
afterEach(async () => {
  const fixtures = opened.splice(0);
  for (const fixture of fixtures) await fixture.dispose();
  // A mistake of ours is tried again and would pass unseen.
  for (const { log } of fixtures) expect(log.filter((line) => line.includes('deletion.stalled'))).toEqual([]);
});

/** A cloud with three documents and a store with five, beside things that are not the user's. */
async function filled(options: Parameters<typeof DeletionFixture.open>[0] & { reach?: 'owned' | 'recorded' } = {}) {
  const fixture = await open(options);
  const cloud = await fixture.addFolderPlace({ cloud: true, reach: options.reach ?? 'owned' });
  const store = await fixture.addFolderPlace({ cloud: false });
  for (const key of ['a', 'b', '0123']) await cloud.put(`users/u001/${key}`, 'in the cloud');
  for (const key of ['1e5', 'x/y', 'x/z', ' edge ', '😀']) await store.put(`users/u001/${key}`, 'in the store');
  await store.put('users/u0011/other', 'somebody else’s');
  await store.put('users/u00/other', 'somebody else’s');
  fixture.record(cloud.backendNo, ['users/u001/a', 'users/u001/b', 'users/u001/0123']);
  fixture.record(store.backendNo, ['users/u001/1e5', 'users/u001/x/y', 'users/u001/gone']);
  return { fixture, cloud, store };
}

describe('a deletion from plan to certificate', () => {
  test('D1, D2, D4, D5, D9: removes what is the user’s, in order, and certifies it', async () => {
    const { fixture, cloud, store } = await filled();
    const plan = await fixture.plan();
    expect(
      plan.backends.map(({ label, count, bytes, reachable, kept }) => ({ label, count, bytes, reachable, kept })),
    ).toEqual([
      { label: 'cloud', count: 3, bytes: 36, reachable: true, kept: 0 },
      { label: 'store', count: 5, bytes: 60, reachable: true, kept: 0 },
    ]);
    expect(fixture.calls.some(({ method }) => method === 'remove')).toBe(false);
    expect(await store.keys()).toHaveLength(7);

    const started = await fixture.start({ plan });
    expect(started.state).toBe('closing');
    const done = await fixture.done(started.id);
    expect(await cloud.keys()).toEqual([]);
    expect(await store.keys()).toEqual(['users/u00/other', 'users/u0011/other']);
    expect(done.leftovers).toEqual([]);
    expect(done.mail).toBeNull();
    expect(
      done.backends.map(({ state, planned, removed, removedBytes, absent }) => ({
        state,
        planned,
        removed,
        removedBytes,
        absent,
      })),
    ).toEqual([
      { state: 'done', planned: 3, removed: 3, removedBytes: 36, absent: 0 },
      { state: 'done', planned: 5, removed: 5, removedBytes: 60, absent: 1 },
    ]);

    const removals = fixture.calls.filter(({ method }) => method === 'remove').map(({ place }) => place);
    expect(removals.indexOf('store')).toBeGreaterThan(removals.lastIndexOf('cloud'));
    expect(fixture.stages()).toEqual([
      'closing',
      'clouds',
      'store',
      'verifying',
      'revoking',
      'finishing',
      'certifying',
    ]);
    expect(fixture.db.raw.prepare('SELECT count(*) FROM users WHERE id = ?').pluck().get(fixture.user.id)).toBe(0);
    expect(fixture.db.raw.prepare('SELECT count(*) FROM connections').pluck().get()).toBe(0);
    expect(fixture.db.raw.prepare('SELECT user_id FROM tombstones').pluck().all()).toEqual([fixture.user.id]);
    expect(fixture.db.raw.prepare('SELECT mail FROM plans').pluck().all()).toEqual([null]);
    const events = fixture.events();
    for (const event of [
      'cloud.credentials_purged',
      'admin.user_deleted',
      'deletion.certified',
      'deletion.inventory_written',
    ])
      expect(
        events.filter((one) => one === event),
        event,
      ).toHaveLength(1);
    expect(events.indexOf('cloud.credentials_purged')).toBe(events.indexOf('admin.user_deleted') - 1);
    expect((await fixture.ground.audit.verify()).verdict).toBe('OK');

    const { json, html, hash } = fixture.deletions.certificate(started.id, null);
    expect(done.certificateHash).toBe(hash);
    expect(fixture.deletions.verify(json, fixture.ground.audit.fingerprint())).toMatchObject({
      verdict: 'OK',
      problems: [],
      deletionId: started.id,
    });
    expect(json.toLowerCase()).not.toContain(fixture.user.mail.toLowerCase());
    expect(html.toLowerCase()).not.toContain(fixture.user.mail.toLowerCase());
    expect(fixture.deletions.certificate(started.id, ' ADA.sample@EXAMPLE.org').html).toContain(
      'ADA.sample@EXAMPLE.org',
    );
    expect(() => fixture.deletions.certificate(started.id, 'bob@example.org')).toThrow('not the mail address');
  });
});

describe('a place that is down', () => {
  test('D1, D7: while a cloud does not answer the store is not touched, and the run goes on by itself when it does', async () => {
    const { fixture, cloud, store } = await filled();
    const plan = await fixture.plan();
    cloud.faults.down = offline();
    const { id } = await fixture.start({ plan });
    const waiting = await fixture.until(id, ({ state }) => state === 'waiting');
    expect(waiting.waitingFor).toMatchObject({ reason: 'offline', backendId: cloud.sourceId });
    expect(waiting.waitingFor?.message).toContain('cloud');
    // The account is closed at once.
    expect(fixture.db.raw.prepare('SELECT status FROM users WHERE id = ?').pluck().get(fixture.user.id)).toBe(
      'deleting',
    );
    await new Promise((resolve) => setTimeout(resolve, 250));
    expect(fixture.calls.some(({ method }) => method === 'remove')).toBe(false);
    expect(await store.keys()).toHaveLength(7);
    expect(fixture.events().filter((event) => event === 'deletion.waiting')).toHaveLength(1);
    cloud.faults.down = null;
    const done = await fixture.done(id);
    expect(done.leftovers).toEqual([]);
    expect(await cloud.keys()).toEqual([]);
  });

  test.each([
    ['offline', offline()],
    ['backend', failing()],
    ['reauthorise', unauthorised()],
  ] as const)(
    'D7: a cloud that turns %s in the middle is waited for, with the store untouched',
    async (reason, error) => {
      const { fixture, cloud, store } = await filled();
      let removals = 0;
      cloud.faults.before = ({ method }) => {
        if (method === 'remove' && ++removals === 1) cloud.faults.down = error;
      };
      const { id } = await fixture.start();
      const waiting = await fixture.until(id, ({ state }) => state === 'waiting');
      expect(waiting.waitingFor).toMatchObject({ reason, backendId: cloud.sourceId });
      expect(fixture.calls.some(({ method, place }) => method === 'remove' && place === 'store')).toBe(false);
      expect(await store.keys()).toHaveLength(7);
      cloud.faults.down = null;
      expect((await fixture.done(id)).leftovers).toEqual([]);
    },
  );

  test('D7: without_unreachable goes on without what the plan named, and lists what stays behind', async () => {
    const { fixture, cloud, store } = await filled();
    cloud.faults.down = offline('No route to the cloud.');
    const plan = await fixture.plan();
    expect(plan.backends[0]).toMatchObject({ reachable: false, count: 3 });
    expect(plan.backends[0]?.note).toContain('No route to the cloud.');
    const { id } = await fixture.start({ plan, whenDown: 'without_unreachable' });
    const done = await fixture.done(id);
    expect(done.backends[0]).toMatchObject({ state: 'skipped', removed: 0, leftovers: 3 });
    expect(done.leftovers.map(({ ref, retryable }) => [ref, retryable])).toEqual([
      ['users/u001/0123', false],
      ['users/u001/a', false],
      ['users/u001/b', false],
    ]);
    expect(done.leftovers[0]?.reason).toContain('No route to the cloud.');
    expect(await cloud.keys()).toHaveLength(3);
    expect(await store.keys()).toHaveLength(2);
    const { json } = fixture.deletions.certificate(id, null);
    expect(fixture.deletions.verify(json, fixture.ground.audit.fingerprint()).verdict).toBe('OK');
    await expect(fixture.deletions.retry(fixture.admin, id, null)).rejects.toMatchObject({ code: 'WRONG_STATE' });
  });

  test('D7: without_unreachable still waits for what answered when it was planned', async () => {
    const { fixture, store } = await filled();
    const plan = await fixture.plan();
    store.faults.down = failing();
    const { id } = await fixture.start({ plan, whenDown: 'without_unreachable' });
    const waiting = await fixture.until(id, ({ state }) => state === 'waiting');
    expect(waiting.waitingFor).toMatchObject({ reason: 'backend', backendId: store.sourceId });
    // The answer to the question names it, and then the run goes on without it.
    fixture.deletions.resume(fixture.admin, id, {
      whenDown: 'without_unreachable',
      acceptGrowth: false,
      finishReview: false,
    });
    const done = await fixture.done(id);
    expect(done.backends.map(({ state }) => state)).toEqual(['done', 'skipped']);
    expect(done.backends[1]?.leftovers).toBe(3);
  });

  test('D7: best_effort never waits: what fails in the middle is left behind with the reason', async () => {
    const { fixture, cloud, store } = await filled();
    cloud.faults.before = ({ method }) => {
      if (method === 'remove') throw failing('Too busy.');
    };
    store.faults.before = ({ method }) => {
      if (method === 'remove') store.faults.down = offline('The store went away.');
    };
    const { id } = await fixture.start({ whenDown: 'best_effort' });
    const done = await fixture.done(id);
    expect(done.backends.map(({ state }) => state)).toEqual(['skipped', 'skipped']);
    expect(fixture.events()).not.toContain('deletion.waiting');
    expect(done.leftovers).toHaveLength(8);
    expect(done.leftovers.every(({ reason }) => /Too busy|went away/.test(reason))).toBe(true);
    expect(fixture.db.raw.prepare('SELECT count(*) FROM documents').pluck().get()).toBe(0);
    expect(await store.keys()).toHaveLength(7);
    // The store's share can be tried later, and is then certified by an addendum.
    store.faults.down = null;
    store.faults.before = null;
    const retried = await fixture.deletions.retry(fixture.admin, id, null);
    expect(retried.leftovers.every(({ backendId }) => backendId === cloud.sourceId)).toBe(true);
    expect(await store.keys()).toHaveLength(2);
    const { addenda, hash, json } = fixture.deletions.certificate(id, null);
    expect(addenda).toHaveLength(1);
    expect(fixture.deletions.verify(addenda[0]!, fixture.ground.audit.fingerprint()).verdict).toBe('OK');
    expect(JSON.parse(addenda[0]!).certificate).toMatchObject({ certificate: hash, number: 1, remaining: 3 });
    expect(fixture.deletions.verify(json, fixture.ground.audit.fingerprint()).verdict).toBe('OK');
  });

  test('D6: a process that comes later tries at once what waited, whenever its next try was due', async () => {
    const { fixture, cloud } = await filled({ patience: { waitBackoffMs: [3_600_000] } });
    const plan = await fixture.plan();
    cloud.faults.down = offline();
    const { id } = await fixture.start({ plan });
    await fixture.until(id, ({ state }) => state === 'waiting');
    cloud.faults.down = null;
    await fixture.crash();
    expect((await fixture.done(id)).leftovers).toEqual([]);
  });

  test('D7: a store that never answered and of which nothing was on record is listed by a retry', async () => {
    const fixture = await open();
    const store = await fixture.addFolderPlace({ cloud: false });
    await store.put('users/u001/never on record');
    store.faults.down = offline();
    const plan = await fixture.plan();
    expect(plan.backends[0]).toMatchObject({ reachable: false, count: 0 });
    const done = await fixture.done((await fixture.start({ plan, whenDown: 'without_unreachable' })).id);
    expect(done.leftovers).toEqual([]);
    const { certificate } = JSON.parse(fixture.deletions.certificate(done.id, null).json);
    expect(certificate.backends[0]).toMatchObject({ outcome: 'skipped', verifiedAt: null });
    expect(certificate.backends[0].problem).toContain('could not be listed');
    // What names the user's folder is kept as long as a retry needs it.
    const externalId = () => fixture.db.raw.prepare('SELECT external_id FROM deletions').pluck().get();
    expect(externalId()).toBe('u001');
    store.faults.down = null;
    expect((await fixture.deletions.retry(fixture.admin, done.id, null)).leftovers).toEqual([]);
    expect(await store.keys()).toEqual([]);
    expect(externalId()).toBeNull();
    expect(fixture.deletions.certificate(done.id, null).addenda).toHaveLength(1);
    await expect(fixture.deletions.retry(fixture.admin, done.id, null)).rejects.toMatchObject({ code: 'WRONG_STATE' });
  });

  test('D7: after 14 days of waiting it asks, and still goes on by itself when the place is back', async () => {
    const { fixture, cloud } = await filled();
    const plan = await fixture.plan();
    cloud.faults.down = offline();
    const { id } = await fixture.start({ plan });
    await fixture.until(id, ({ state }) => state === 'waiting');
    fixture.clockOffset += 14 * 24 * 3_600_000;
    const asks = await fixture.until(id, ({ waitingFor }) => waitingFor?.reason === 'review');
    expect(asks.waitingFor?.message).toContain('14 days');
    expect(fixture.events().filter((event) => event === 'deletion.waiting')).toHaveLength(2);
    cloud.faults.down = null;
    await fixture.done(id);
  });

  test('D6: while the keychain is locked it waits as vault locked, and goes on when it is open', async () => {
    const { fixture, cloud } = await filled();
    cloud.faults.before = ({ method }) => {
      if (method !== 'remove' || fixture.keychain.state === 'locked') return;
      fixture.keychain.state = 'locked';
      // What the vault read it holds for a minute.
      fixture.clockOffset += 61_000;
    };
    const { id } = await fixture.start();
    const waiting = await fixture.until(id, ({ waitingFor }) => waitingFor?.reason === 'vault');
    expect(waiting.waitingFor?.message.toLowerCase()).toContain('keychain');
    expect(fixture.calls.some(({ method, place }) => method === 'remove' && place === 'store')).toBe(false);
    cloud.faults.before = null;
    fixture.keychain.state = 'available';
    fixture.ground.vault.askAgain();
    expect((await fixture.done(id)).leftovers).toEqual([]);
  });

  test('D7: best_effort does not give up what a locked keychain hides', async () => {
    const { fixture } = await filled();
    const plan = await fixture.plan();
    const { id } = await fixture.start({ plan, whenDown: 'best_effort' });
    fixture.keychain.state = 'locked';
    fixture.clockOffset += 61_000;
    fixture.ground.vault.askAgain();
    await fixture.until(id, ({ waitingFor }) => waitingFor?.reason === 'vault');
    fixture.keychain.state = 'available';
    fixture.ground.vault.askAgain();
    expect((await fixture.done(id)).leftovers).toEqual([]);
  });
});

describe('single objects', () => {
  test('D2: one that cannot be removed is tried five times, becomes a leftover, and stops nothing', async () => {
    const { fixture, store } = await filled();
    let tries = 0;
    store.faults.outcomes.set('users/u001/x/y', () => {
      tries += 1;
      return { outcome: 'failed', reason: 'The disk under it is broken.', retryable: true };
    });
    store.faults.outcomes.set('users/u001/1e5', {
      outcome: 'failed',
      reason: 'The key may not remove it.',
      retryable: false,
    });
    store.faults.outcomes.set('users/u001/😀', {
      outcome: 'retained',
      until: Date.UTC(2099, 0, 1),
      reason: 'It is locked.',
    });
    const done = await fixture.done((await fixture.start()).id);
    expect(tries).toBe(5);
    expect(await store.keys()).toEqual(
      ['users/u001/1e5', 'users/u001/x/y', 'users/u001/😀', 'users/u00/other', 'users/u0011/other'].sort(),
    );
    expect(done.leftovers.map(({ ref, reason, retryable }) => [ref, reason, retryable])).toEqual([
      ['users/u001/1e5', 'The key may not remove it.', true],
      ['users/u001/x/y', 'The disk under it is broken.', true],
      ['users/u001/😀', 'It is locked.', true],
    ]);
    expect(done.backends[1]).toMatchObject({ removed: 2, leftovers: 3, absent: 1 });
    const { certificate } = JSON.parse(fixture.deletions.certificate(done.id, null).json);
    expect(
      certificate.leftovers.map(({ key, retainedUntil }: { key: string; retainedUntil: string | null }) => [
        key,
        retainedUntil,
      ]),
    ).toEqual([
      ['users/u001/1e5', null],
      ['users/u001/x/y', null],
      ['users/u001/😀', '2099-01-01T00:00:00.000Z'],
    ]);
    // Tried again later, one of them goes.
    store.faults.outcomes.delete('users/u001/1e5');
    const leftover = done.leftovers[0]!;
    const retried = await fixture.deletions.retry(fixture.admin, done.id, leftover.id);
    expect(retried.leftovers).toHaveLength(2);
    store.faults.outcomes.clear();
    expect((await fixture.deletions.retry(fixture.admin, done.id, null)).leftovers).toEqual([]);
    expect(fixture.deletions.certificate(done.id, null).addenda).toHaveLength(2);
    expect(fixture.deletions.certificate(done.id, null).html).toContain('Addendum 2');
    await expect(fixture.deletions.retry(fixture.admin, done.id, null)).rejects.toMatchObject({ code: 'WRONG_STATE' });
    expect((await fixture.ground.audit.verify()).verdict).toBe('OK');
  });

  test('D2: one that fails a few times and then goes is no leftover', async () => {
    const { fixture, cloud } = await filled();
    cloud.faults.outcomes.set('users/u001/a', (call) =>
      call < 4 ? { outcome: 'failed', reason: 'Busy.', retryable: true } : null,
    );
    expect((await fixture.done((await fixture.start()).id)).leftovers).toEqual([]);
    expect(await cloud.keys()).toEqual([]);
  });

  test('D8: what a server says it removed and did not is removed again, and then a leftover', async () => {
    const { fixture, store } = await filled();
    let lies = 0;
    store.faults.outcomes.set('users/u001/x/y', () => {
      lies += 1;
      return { outcome: 'removed' };
    });
    store.faults.outcomes.set('users/u001/x/z', (call) => (call === 1 ? { outcome: 'removed' } : null));
    const done = await fixture.done((await fixture.start()).id);
    expect(lies).toBe(4);
    expect(done.leftovers.map(({ ref }) => ref)).toEqual(['users/u001/x/y']);
    expect(done.leftovers[0]?.reason).toContain('still stood there');
    // What stands was not removed, however often the server said so, and was found once.
    expect(done.backends[0]).toMatchObject({ removed: 3 });
    expect(done.backends[1]).toMatchObject({ found: 6, removed: 4, absent: 1, leftovers: 1 });
    expect(await store.keys()).toContain('users/u001/x/y');
  });

  test('D8: what is written while the run is under way is found and removed', async () => {
    const { fixture, cloud, store } = await filled();
    cloud.faults.after = async ({ refs }) => {
      if (refs.some(({ key }) => key === 'users/u001/a')) await cloud.put('users/u001/late', 'written late');
    };
    store.faults.after = async ({ refs }) => {
      if (refs.some(({ key }) => key === 'users/u001/1e5')) await store.put('users/u001/late too', 'written late');
    };
    const done = await fixture.done((await fixture.start()).id);
    expect(done.leftovers).toEqual([]);
    expect(await cloud.keys()).toEqual([]);
    expect(await store.keys()).toEqual(['users/u00/other', 'users/u0011/other']);
  });
});

describe('a cloud where only the record is ours (C6)', () => {
  test('C6: what is not on record is counted and kept', async () => {
    const { fixture, cloud } = await filled({ reach: 'recorded' });
    await cloud.put('users/u001/private', 'the person’s own');
    const plan = await fixture.plan();
    expect(plan.backends[0]).toMatchObject({ count: 3, kept: 1 });
    const done = await fixture.done((await fixture.start({ plan })).id);
    expect(await cloud.keys()).toEqual(['users/u001/private']);
    expect(done.backends[0]).toMatchObject({ removed: 3, kept: 1, leftovers: 0 });
  });

  test('C6, D8: each is asked for again; one that still stands is removed again, then left over', async () => {
    const { fixture, cloud } = await filled({ reach: 'recorded' });
    cloud.faults.outcomes.set('users/u001/a', { outcome: 'removed' });
    cloud.faults.outcomes.set('users/u001/b', (call) => (call === 1 ? { outcome: 'removed' } : null));
    const done = await fixture.done((await fixture.start()).id);
    expect(done.leftovers.map(({ ref }) => ref)).toEqual(['users/u001/a']);
    expect(done.backends[0]).toMatchObject({ removed: 2, leftovers: 1 });
    expect(await cloud.keys()).toEqual(['users/u001/a']);
  });
});

describe('the plan', () => {
  test('D5: it is refused as outdated when mail, connection or storage changed, and says what', async () => {
    const { fixture, cloud, store } = await filled();
    const plan = await fixture.plan();
    const starts = () => fixture.start({ plan });
    const change = (sql: string) => fixture.ground.workspace.transaction((tx) => tx.raw.prepare(sql).run());
    change(`UPDATE users SET mail_key = 'other@example.org' WHERE no = ${fixture.user.no}`);
    await expect(starts()).rejects.toMatchObject({ code: 'PLAN_OUTDATED', data: { changed: ['mail address'] } });
    change(`UPDATE users SET mail_key = 'ada.sample@example.org' WHERE no = ${fixture.user.no}`);
    const places = [...fixture.places];
    fixture.places[1] = { ...places[1]!, target: { ...places[1]!.target, basis: 'store 2' } };
    await expect(starts()).rejects.toMatchObject({
      code: 'PLAN_OUTDATED',
      data: { changed: ['storage store was changed'] },
    });
    fixture.places.splice(0, 2, places[1]!);
    await expect(starts()).rejects.toMatchObject({
      code: 'PLAN_OUTDATED',
      data: { changed: ['connection cloud is gone', 'storage a place that is no longer configured (webdav) is new'] },
    });
    fixture.places.splice(0, 1, ...places);
    await fixture.addFolderPlace({ cloud: true, label: 'new' });
    await expect(starts()).rejects.toMatchObject({
      code: 'PLAN_OUTDATED',
      data: { changed: ['connection new is new'] },
    });
    fixture.places.pop();
    expect(await cloud.keys()).toHaveLength(3);
    expect(await store.keys()).toHaveLength(7);
    expect(fixture.db.raw.prepare('SELECT count(*) FROM deletions').pluck().get()).toBe(0);
    await fixture.done((await starts()).id);
  });

  test('D5, D11: refusals change nothing', async () => {
    const { fixture } = await filled();
    const plan = await fixture.plan();
    await expect(
      fixture.deletions.start(fixture.admin, {
        planId: plan.id,
        confirm: 'ada@example.org',
        whenDown: 'wait',
        review: false,
      }),
    ).rejects.toMatchObject({ code: 'CONFIRMATION_MISMATCH' });
    await expect(fixture.deletions.plan(fixture.admin, 'root@example.org')).rejects.toMatchObject({
      code: 'OWN_ACCOUNT',
    });
    const other = { ...fixture.admin, id: fixture.user.id };
    await expect(fixture.deletions.plan(other, 'root')).rejects.toMatchObject({ code: 'SOLE_ADMIN' });
    await expect(fixture.deletions.plan(fixture.admin, 'nobody@example.org')).rejects.toMatchObject({
      code: 'NOT_FOUND',
    });
    expect(fixture.db.raw.prepare('SELECT count(*) FROM deletions').pluck().get()).toBe(0);

    const second = await fixture.plan();
    const { id } = await fixture.start({ plan });
    await expect(fixture.deletions.plan(fixture.admin, 'u001')).rejects.toMatchObject({
      code: 'DELETION_EXISTS',
      data: { deletionId: id },
    });
    await expect(fixture.start({ plan: second })).rejects.toMatchObject({ code: 'DELETION_EXISTS' });
    await expect(fixture.start({ plan })).rejects.toMatchObject({ code: 'PLAN_USED' });
    await fixture.done(id);
    await expect(fixture.start({ plan: second })).rejects.toMatchObject({ code: 'PLAN_OUTDATED' });
  });

  test('X6: a user whose row was edited in the file is not deleted in its name', async () => {
    const { fixture } = await filled();
    const plan = await fixture.plan();
    fixture.ground.workspace.transaction((tx) =>
      tx.raw.prepare("UPDATE users SET name = 'Mallory' WHERE no = ?").run(fixture.user.no),
    );
    await expect(fixture.start({ plan })).rejects.toMatchObject({ code: 'SEAL_BROKEN' });
  });

  test('X6: a deletion whose row was edited is obeyed in nothing, not even with best_effort', async () => {
    const { fixture, cloud, store } = await filled({ motor: false });
    const { id } = await fixture.start({ whenDown: 'best_effort' });
    fixture.ground.workspace.transaction((tx) => tx.raw.prepare("UPDATE deletions SET external_id = 'u002'").run());
    await fixture.crash({ motor: true });
    const waiting = await fixture.until(id, ({ state }) => state === 'waiting');
    expect(waiting.waitingFor?.message).toContain('not the one that was confirmed');
    expect(waiting.backends.map(({ state }) => state)).not.toContain('skipped');
    expect(await cloud.keys()).toHaveLength(3);
    expect(await store.keys()).toHaveLength(7);
    fixture.ground.workspace.transaction((tx) => tx.raw.prepare("UPDATE deletions SET external_id = 'u001'").run());
    expect((await fixture.done(id)).leftovers).toEqual([]);
  });

  test('D5: a plan can be given up while it lists', async () => {
    const { fixture, store } = await filled();
    const stop = new AbortController();
    store.faults.before = ({ method }) => {
      if (method === 'list') stop.abort();
    };
    await expect(fixture.deletions.plan(fixture.admin, 'u001', stop.signal)).rejects.toThrow();
    expect(fixture.db.raw.prepare('SELECT count(*) FROM plans').pluck().get()).toBe(0);
  });

  test('two users on one cloud account are named', async () => {
    const { fixture } = await filled();
    fixture.shared = ['0190b0c0-0000-7000-8000-00000000000b'];
    expect((await fixture.plan()).backends[0]?.note).toContain('0190b0c0-0000-7000-8000-00000000000b');
  });

  test('documents on record in a place that nobody names any more are not passed over', async () => {
    const { fixture } = await filled();
    const stray = fixture.addBackend('s3');
    fixture.record(stray, ['users/u001/stray']);
    const plan = await fixture.plan();
    expect(plan.backends[2]).toMatchObject({ reachable: false, count: 1 });
    const { id } = await fixture.start({ plan });
    await fixture.until(id, ({ state }) => state === 'waiting');
    fixture.deletions.resume(fixture.admin, id, {
      whenDown: 'without_unreachable',
      acceptGrowth: false,
      finishReview: false,
    });
    expect((await fixture.done(id)).leftovers.map(({ ref }) => ref)).toEqual(['users/u001/stray']);
  });
});

describe('growth', () => {
  test('D5: over a tenth and over a hundred more than planned stops and asks, before anything is removed', async () => {
    const { fixture, store } = await filled();
    const plan = await fixture.plan();
    for (let n = 0; n < 101; n += 1) await store.put(`users/u001/new ${n}`);
    const { id } = await fixture.start({ plan });
    const asks = await fixture.until(id, ({ state }) => state === 'waiting');
    expect(asks.waitingFor).toMatchObject({ reason: 'growth', backendId: store.sourceId });
    expect(fixture.calls.some(({ method }) => method === 'remove')).toBe(false);
    const plain = { whenDown: null, acceptGrowth: false, finishReview: false };
    expect(() => fixture.deletions.resume(fixture.admin, id, plain)).toThrow(
      '106 objects were found where 5 were planned',
    );
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(fixture.deletions.show(id).state).toBe('waiting');
    fixture.deletions.resume(fixture.admin, id, { ...plain, acceptGrowth: true });
    const done = await fixture.done(id);
    expect(done.backends[1]?.removed).toBe(106);
    expect(await store.keys()).toHaveLength(2);
  });

  test('D5: a hundred more does not', async () => {
    const { fixture, store } = await filled();
    const plan = await fixture.plan();
    for (let n = 0; n < 100; n += 1) await store.put(`users/u001/new ${n}`);
    await fixture.done((await fixture.start({ plan })).id);
    expect(fixture.events()).not.toContain('deletion.waiting');
  });

  test('D5: a hundred and one that appear while the run is under way stop it too', async () => {
    const { fixture, store } = await filled();
    let isWritten = false;
    store.faults.after = async () => {
      if (isWritten) return;
      isWritten = true;
      for (let n = 0; n < 120; n += 1) await store.put(`users/u001/late ${n}`);
    };
    const { id } = await fixture.start();
    const asks = await fixture.until(id, ({ state }) => state === 'waiting');
    expect(asks.waitingFor?.reason).toBe('growth');
    fixture.deletions.resume(fixture.admin, id, { whenDown: null, acceptGrowth: true, finishReview: false });
    await fixture.done(id);
    expect(await store.keys()).toHaveLength(2);
  });
});

describe('pausing and calling off', () => {
  test('D6: a pause lets the page in flight end; resuming goes on where it was', async () => {
    const { fixture, cloud, store } = await filled();
    let release: () => void = () => {};
    const reached = new Promise<void>((resolve) => {
      cloud.faults.after = () => {
        resolve();
        return new Promise<void>((go) => {
          release = go;
        });
      };
    });
    const { id } = await fixture.start();
    await reached;
    const pausing = fixture.deletions.pause(fixture.admin, id);
    expect(fixture.deletions.show(id).state).toBe('paused');
    cloud.faults.after = null;
    release();
    const paused = await pausing;
    expect(paused).toMatchObject({ state: 'paused' });
    expect(paused.backends[0]).toMatchObject({ removed: 3 });
    await expect(fixture.deletions.pause(fixture.admin, id)).rejects.toMatchObject({ code: 'WRONG_STATE' });
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(await store.keys()).toHaveLength(7);
    await expect(fixture.deletions.cancel(fixture.admin, id)).rejects.toMatchObject({ code: 'WRONG_STATE' });
    fixture.deletions.resume(fixture.admin, id, { whenDown: null, acceptGrowth: false, finishReview: false });
    const done = await fixture.done(id);
    expect(done.backends[0]).toMatchObject({ removed: 3, absent: 0 });
    const all = fixture.events();
    expect(all.filter((event) => event === 'admin.deletion_paused')).toHaveLength(1);
    expect(all.filter((event) => event === 'admin.deletion_resumed')).toHaveLength(1);
    await expect(fixture.deletions.pause(fixture.admin, id)).rejects.toMatchObject({ code: 'WRONG_STATE' });
  });

  test('D6: called off before the first removal, the account gets back the state that it had, and nothing is forgotten', async () => {
    const { fixture, cloud, store } = await filled();
    const plan = await fixture.plan();
    cloud.faults.down = offline();
    const { id } = await fixture.start({ plan });
    await fixture.until(id, ({ state }) => state === 'waiting');
    const cancelled = await fixture.deletions.cancel(fixture.admin, id);
    expect(cancelled).toMatchObject({ state: 'cancelled', waitingFor: null, certificateHash: null });
    expect(fixture.db.raw.prepare('SELECT status FROM users WHERE id = ?').pluck().get(fixture.user.id)).toBe('active');
    expect(fixture.db.raw.prepare('SELECT count(*) FROM deletion_items').pluck().get()).toBe(0);
    expect(fixture.db.raw.prepare('SELECT count(*) FROM documents').pluck().get()).toBe(6);
    expect(() => fixture.deletions.certificate(id, null)).toThrow('has not ended');
    expect(await store.keys()).toHaveLength(7);
    await expect(fixture.deletions.cancel(fixture.admin, id)).rejects.toMatchObject({ code: 'WRONG_STATE' });
    // A new deletion of the same user goes its whole way.
    cloud.faults.down = null;
    const again = await fixture.start();
    await fixture.done(again.id);
    expect(fixture.deletions.list({ limit: 10 }).rows.map(({ state }) => state)).toEqual(['done', 'cancelled']);
    expect(fixture.deletions.list({ limit: 1 }).next).not.toBeNull();
  });

  test('D6: best_effort that left a place behind can still be called off before the first removal', async () => {
    const { fixture, cloud, store } = await filled();
    const plan = await fixture.plan();
    cloud.faults.down = offline();
    for (let n = 0; n < 101; n += 1) await store.put(`users/u001/new ${n}`);
    const { id } = await fixture.start({ plan, whenDown: 'best_effort' });
    await fixture.until(id, ({ waitingFor }) => waitingFor?.reason === 'growth');
    await fixture.deletions.cancel(fixture.admin, id);
    expect(fixture.db.raw.prepare('SELECT count(*) FROM documents').pluck().get()).toBe(6);
  });

  test('with --review it stops before the credentials go, if something of a cloud is left over', async () => {
    const { fixture, cloud } = await filled();
    cloud.faults.outcomes.set('users/u001/a', { outcome: 'failed', reason: 'Locked by its owner.', retryable: false });
    const { id } = await fixture.start({ review: true });
    const asks = await fixture.until(id, ({ state }) => state === 'waiting');
    expect(asks.waitingFor).toMatchObject({ reason: 'review', backendId: null });
    expect(fixture.db.raw.prepare('SELECT count(*) FROM connections').pluck().get()).toBe(1);
    const plain = { whenDown: null, acceptGrowth: false, finishReview: false };
    expect(() => fixture.deletions.resume(fixture.admin, id, plain)).toThrow('review');
    // Nothing went; then its owner unlocks it.
    expect((await fixture.deletions.retry(fixture.admin, id, null)).leftovers).toHaveLength(1);
    cloud.faults.outcomes.clear();
    const retried = await fixture.deletions.retry(fixture.admin, id, null);
    expect(retried.leftovers).toEqual([]);
    fixture.deletions.resume(fixture.admin, id, { ...plain, finishReview: true });
    const done = await fixture.done(id);
    expect(done.backends[0]).toMatchObject({ removed: 3, leftovers: 0 });
    expect(fixture.stages()).toEqual([
      'closing',
      'clouds',
      'store',
      'verifying',
      'review',
      'revoking',
      'finishing',
      'certifying',
    ]);
    expect(fixture.deletions.certificate(id, null).addenda).toEqual([]);
    expect(
      fixture.deletions.verify(fixture.deletions.certificate(id, null).json, fixture.ground.audit.fingerprint())
        .verdict,
    ).toBe('OK');
  });

  test('D8: what was written into the store while a review was waited for is removed before the end', async () => {
    const { fixture, cloud, store } = await filled();
    cloud.faults.outcomes.set('users/u001/a', { outcome: 'failed', reason: 'Locked by its owner.', retryable: false });
    const { id } = await fixture.start({ review: true });
    await fixture.until(id, ({ state }) => state === 'waiting');
    await store.put('users/u001/late');
    fixture.deletions.resume(fixture.admin, id, { whenDown: null, acceptGrowth: false, finishReview: true });
    const done = await fixture.done(id);
    expect(await store.keys()).toEqual(['users/u00/other', 'users/u0011/other']);
    expect(done.backends[1]).toMatchObject({ removed: 6, leftovers: 0 });
    expect(done.backends[0]).toMatchObject({ leftovers: 1 });
    const { json } = fixture.deletions.certificate(id, null);
    expect(fixture.deletions.verify(json, fixture.ground.audit.fingerprint()).verdict).toBe('OK');
  });

  test('without anything left over in a cloud --review does not stop', async () => {
    const { fixture } = await filled();
    await fixture.done((await fixture.start({ review: true })).id);
    expect(fixture.stages()).not.toContain('review');
  });
});

describe('order and record', () => {
  test('D1: the database refuses the wrong order by itself', async () => {
    const { fixture, cloud } = await filled();
    const plan = await fixture.plan();
    let seen: string[] = [];
    cloud.faults.before = ({ method }) => {
      if (method !== 'remove' || seen.length > 0) return;
      const refusalOf = (sql: string): string => {
        try {
          fixture.ground.workspace.transaction((tx) => tx.raw.prepare(sql).run());
          return 'it was done';
        } catch (error) {
          return (error as Error).message; // Thrown by SQLite.
        }
      };
      seen = [
        ...['store', 'verifying', 'revoking', 'finishing', 'done'].map((stage) =>
          refusalOf(`UPDATE deletions SET stage = '${stage}'`),
        ),
        refusalOf('UPDATE deletions SET user_no = NULL'),
        refusalOf(`DELETE FROM users WHERE no = ${fixture.user.no}`),
        refusalOf('DELETE FROM connections'),
      ];
    };
    await fixture.done((await fixture.start({ plan })).id);
    expect(seen).toEqual([
      'documents in clouds come before the store',
      'documents in clouds come before the store',
      // From here on two triggers refuse it.
      'the work list comes before the user',
      'the work list comes before the user',
      'the work list comes before the user',
      'the work list comes before the user',
      'FOREIGN KEY constraint failed',
      'documents are recorded on this connection',
    ]);
  });

  test('what is watched comes ten times a second at most, and ends with the deletion', async () => {
    const { fixture, store } = await filled();
    for (let n = 0; n < 300; n += 1) await store.put(`users/u001/many/${n}`);
    const { id } = await fixture.start();
    const states: string[] = [];
    const began = Date.now();
    for await (const { state } of fixture.deletions.watch(id)) states.push(state);
    expect(states.at(-1)).toBe('done');
    expect(states.length).toBeLessThanOrEqual(2 + (Date.now() - began) / 100);
    // Watching something that has ended says so and ends.
    const late = [];
    for await (const { state } of fixture.deletions.watch(id)) late.push(state);
    expect(late).toEqual(['done']);
    expect(() => fixture.deletions.watch('0190b0c0-0000-7000-8000-00000000000b')).toThrow('no deletion');
  });

  test('watching ends when the watcher goes', async () => {
    const { fixture, cloud } = await filled();
    const plan = await fixture.plan();
    cloud.faults.down = offline();
    const { id } = await fixture.start({ plan });
    await fixture.until(id, ({ state }) => state === 'waiting');
    const stop = new AbortController();
    setTimeout(() => stop.abort(), 150);
    for await (const _ of fixture.deletions.watch(id, stop.signal));
    expect(fixture.deletions.show(id).state).toBe('waiting');
  });

  test('D6: without a motor nothing moves, and with one it goes on', async () => {
    const { fixture, cloud } = await filled({ motor: false });
    const { id } = await fixture.start();
    await new Promise((resolve) => setTimeout(resolve, 150));
    expect(fixture.deletions.show(id).state).toBe('closing');
    expect(await cloud.keys()).toHaveLength(3);
    await fixture.crash({ motor: true });
    expect((await fixture.done(id)).state).toBe('done');
  });

  test('A3: unattended work is the console’s, on behalf of who ordered it, and no mail address stands in the log', async () => {
    const { fixture } = await filled();
    const { id } = await fixture.start();
    await fixture.done(id);
    const entries = fixture.db.raw.prepare<[], string>('SELECT entry FROM audit_entries').pluck().all();
    for (const entry of entries) expect(entry.toLowerCase()).not.toContain('ada.sample');
    const deleted = entries.map((entry) => JSON.parse(entry)).find(({ event }) => event === 'admin.user_deleted');
    expect(deleted).toMatchObject({
      actor: { kind: 'console' },
      onBehalfOf: fixture.admin.id,
      target: { kind: 'user', id: fixture.user.id },
    });
    const purged = entries.map((entry) => JSON.parse(entry)).find(({ event }) => event === 'cloud.credentials_purged');
    expect(purged.metadata.providers).toEqual(['webdav']);
  });

  test('D4: documents that an index run wrote down at the last moment stop nothing', async () => {
    const { fixture, store } = await filled();
    fixture.onStep = ({ stage, at }) => {
      if (stage === 'revoking' && at === 'after_call') fixture.record(store.backendNo, ['users/u001/late']);
    };
    const done = await fixture.done((await fixture.start()).id);
    expect(done.backends[1]).toMatchObject({ removed: 5, absent: 2 });
    const { json } = fixture.deletions.certificate(done.id, null);
    expect(fixture.deletions.verify(json, fixture.ground.audit.fingerprint())).toMatchObject({
      verdict: 'OK',
      problems: [],
    });
  });

  test('D4: without a connection there is no purge to record', async () => {
    const fixture = await open();
    const store = await fixture.addFolderPlace({ cloud: false });
    await store.put('users/u001/a');
    const { id } = await fixture.start();
    await fixture.done(id);
    expect(fixture.events()).not.toContain('cloud.credentials_purged');
    expect(
      fixture.deletions.verify(fixture.deletions.certificate(id, null).json, fixture.ground.audit.fingerprint())
        .verdict,
    ).toBe('OK');
  });

  test('a user with nothing anywhere is deleted and certified too', async () => {
    const fixture = await open();
    const { id } = await fixture.start();
    expect((await fixture.done(id)).backends).toEqual([]);
    expect(
      fixture.deletions.verify(fixture.deletions.certificate(id, null).json, fixture.ground.audit.fingerprint())
        .verdict,
    ).toBe('OK');
  });
});
