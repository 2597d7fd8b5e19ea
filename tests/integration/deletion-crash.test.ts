import { describe, expect, test } from 'vitest';
import { DeletionFixture } from '../support/deletion-fixture.ts';

/** A deletion with everything in it: an owned cloud, one of which only the record is ours, a store, leftovers. */
async function prepare() {
  const fixture = await DeletionFixture.open({ motor: true });
  const cloud = await fixture.addFolderPlace({
    cloud: true,
    label: 'cloud',
    secret: 'a cloud’s secret to be found nowhere',
  });
  const recorded = await fixture.addFolderPlace({ cloud: true, reach: 'recorded', label: 'recorded' });
  const store = await fixture.addFolderPlace({ cloud: false });
  for (const key of ['a', 'b', 'locked']) await cloud.put(`users/u001/${key}`);
  for (const key of ['r1', 'r2', 'private']) await recorded.put(`users/u001/${key}`);
  for (const key of ['s1', 's2', 's3']) await store.put(`users/u001/${key}`);
  await store.put('users/u0011/other');
  fixture.record(cloud.backendNo, ['users/u001/a', 'users/u001/b', 'users/u001/locked']);
  fixture.record(recorded.backendNo, ['users/u001/r1', 'users/u001/r2', 'users/u001/gone']);
  fixture.record(store.backendNo, ['users/u001/s1', 'users/u001/gone']);
  cloud.faults.outcomes.set('users/u001/locked', { outcome: 'retained', until: null, reason: 'Locked.' });
  return { fixture, cloud, recorded, store };
}

const STAGES = ['closing', 'clouds', 'store', 'verifying', 'revoking', 'finishing', 'certifying'];

async function stepsOfOneRun(): Promise<string[]> {
  const { fixture } = await prepare();
  const { id } = await fixture.start();
  await fixture.done(id);
  const steps = fixture.steps.map(({ stage, at }) => `${stage} ${at}`);
  await fixture.dispose();
  return steps;
}

const steps = await stepsOfOneRun();

describe('D6: killed at any instant', () => {
  test('every stage is met before a call, after it, and after its commit', () => {
    for (const stage of STAGES)
      expect(steps.filter((step) => step.startsWith(`${stage} `)).length, stage).toBeGreaterThanOrEqual(1);
    for (const at of ['before_call', 'after_call', 'after_commit'])
      for (const stage of ['closing', 'clouds', 'store', 'verifying'])
        expect(steps, `${stage} ${at}`).toContain(`${stage} ${at}`);
    for (const step of [
      'revoking before_call',
      'revoking after_call',
      'finishing before_call',
      'certifying before_call',
      'certifying after_call',
    ])
      expect(steps).toContain(step);
  });

  test.each(steps.map((step, index) => ({ step, index })))(
    '$index, $step: it goes on where it was, with one certificate and no record lost or doubled',
    async ({ step, index }) => {
      const { fixture, cloud, recorded, store } = await prepare();
      try {
        let seen = 0;
        const crashed = new Promise<void>((resolve) => {
          fixture.onStep = () => {
            seen += 1;
            if (seen <= index) return;
            resolve();
            throw new Error('crashed');
          };
        });
        const { id } = await fixture.start();
        await crashed;
        await fixture.crash();
        const done = await fixture.done(id);

        expect(await cloud.keys(), step).toEqual(['users/u001/locked']);
        expect(await recorded.keys()).toEqual(['users/u001/private']);
        expect(await store.keys()).toEqual(['users/u0011/other']);
        expect(done.leftovers.map(({ ref }) => ref)).toEqual(['users/u001/locked']);
        expect(done.backends.map(({ removed, absent }) => removed + absent)).toEqual([2, 3, 4]);
        expect(fixture.stages()).toEqual(STAGES);
        const events = fixture.events();
        for (const event of [
          'admin.deletion_started',
          'deletion.inventory_written',
          'deletion.object_left_over',
          'cloud.credentials_purged',
          'admin.user_deleted',
          'deletion.certified',
        ])
          expect(
            events.filter((one) => one === event),
            event,
          ).toHaveLength(1);
        expect(events.filter((event) => event === 'deletion.backend_finished')).toHaveLength(3);
        expect((await fixture.ground.audit.verify()).verdict).toBe('OK');
        const removals = fixture.calls.filter(({ method }) => method === 'remove').map(({ place }) => place);
        expect(removals.indexOf('store')).toBeGreaterThan(
          Math.max(removals.lastIndexOf('cloud'), removals.lastIndexOf('recorded')),
        );
        const { json } = fixture.deletions.certificate(id, null);
        expect(fixture.deletions.verify(json, fixture.ground.audit.fingerprint())).toMatchObject({
          verdict: 'OK',
          problems: [],
        });
        const { certificate } = JSON.parse(json);
        expect(certificate.totals).toMatchObject({ found: 10, leftovers: 1, kept: 1 });
        for (const table of [
          'users WHERE id <> (SELECT created_by FROM plans)',
          'connections',
          'documents',
          'deletion_items',
        ])
          expect(fixture.db.raw.prepare(`SELECT count(*) FROM ${table}`).pluck().get(), table).toBe(0);
      } finally {
        await fixture.dispose();
      }
    },
  );

  test('killed twice at the same place it still ends', async () => {
    const { fixture, store } = await prepare();
    const { id } = await fixture.start();
    for (let n = 0; n < 12; n += 1) {
      const crashed = new Promise<void>((resolve) => {
        let left = 3;
        fixture.onStep = () => {
          left -= 1;
          if (left > 0) return;
          resolve();
          throw new Error('crashed');
        };
      });
      const isDone = await Promise.race([
        crashed.then(() => false),
        fixture.done(id).then(
          () => true,
          () => false,
        ),
      ]);
      if (isDone) break;
      await fixture.crash();
    }
    expect((await fixture.done(id)).state).toBe('done');
    expect(await store.keys()).toEqual(['users/u0011/other']);
    expect(fixture.stages()).toEqual(STAGES);
    await fixture.dispose();
  });
});
