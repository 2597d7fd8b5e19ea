import { afterEach, describe, expect, test } from 'vitest';
import { DeletionFixture, failing, offline, unauthorised } from '../support/deletion-fixture.ts';

const opened: DeletionFixture[] = [];
async function open(options: Parameters<typeof DeletionFixture.open>[0] = {}): Promise<DeletionFixture> {
  const fixture = await DeletionFixture.open(options);
  opened.push(fixture);
  return fixture;
}
afterEach(async () => {
  for (const fixture of opened.splice(0)) await fixture.dispose();
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
    expect(plan.backends.map(({ label, count, bytes, reachable, kept }) => ({ label, count, bytes, reachable, kept }))).toEqual([
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
    expect(done.backends.map(({ state, planned, removed, removedBytes, absent }) => ({ state, planned, removed, removedBytes, absent }))).toEqual([
      { state: 'done', planned: 3, removed: 3, removedBytes: 36, absent: 0 },
      { state: 'done', planned: 5, removed: 5, removedBytes: 60, absent: 1 },
    ]);

    const removals = fixture.calls.filter(({ method }) => method === 'remove').map(({ place }) => place);
    expect(removals.indexOf('store')).toBeGreaterThan(removals.lastIndexOf('cloud'));
    expect(fixture.stages()).toEqual(['closing', 'clouds', 'store', 'verifying', 'revoking', 'finishing', 'certifying']);
    expect(fixture.db.raw.prepare('SELECT count(*) FROM users WHERE id = ?').pluck().get(fixture.user.id)).toBe(0);
    expect(fixture.db.raw.prepare('SELECT count(*) FROM connections').pluck().get()).toBe(0);
    expect(fixture.db.raw.prepare('SELECT user_id FROM tombstones').pluck().all()).toEqual([fixture.user.id]);
    expect(fixture.db.raw.prepare('SELECT mail FROM plans').pluck().all()).toEqual([null]);
    const events = fixture.events();
    for (const event of ['cloud.credentials_purged', 'admin.user_deleted', 'deletion.certified', 'deletion.inventory_written'])
      expect(events.filter((one) => one === event), event).toHaveLength(1);
    expect(events.indexOf('cloud.credentials_purged')).toBe(events.indexOf('admin.user_deleted') - 1);
    expect((await fixture.ground.audit.verify()).verdict).toBe('OK');

    const { json, html, hash } = fixture.deletions.certificate(started.id, null);
    expect(done.certificateHash).toBe(hash);
    expect(fixture.deletions.verify(json, fixture.ground.audit.fingerprint())).toMatchObject({ verdict: 'OK', problems: [], deletionId: started.id });
    expect(json.toLowerCase()).not.toContain(fixture.user.mail.toLowerCase());
    expect(html.toLowerCase()).not.toContain(fixture.user.mail.toLowerCase());
    expect(fixture.deletions.certificate(started.id, ' ADA.sample@EXAMPLE.org').html).toContain('ADA.sample@EXAMPLE.org');
    expect(() => fixture.deletions.certificate(started.id, 'bob@example.org')).toThrow('not the mail address');
  });
});
