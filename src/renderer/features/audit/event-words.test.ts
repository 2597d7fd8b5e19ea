import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { briefWords, entryWords, eventWord, knownEvents } from './event-words.ts';

const plain = (text: string) => text.replaceAll('\u00a0', ' ');

describe('A3: entries in words', () => {
  test('every event type of the console has words here', () => {
    const source = readFileSync(new URL('../../../main/audit/events.ts', import.meta.url), 'utf8');
    const events = [...source.matchAll(/'((?:console|admin|cloud|deletion)\.[a-z_]+)'/g)].map(([, name]) => name ?? '');
    expect(events.length).toBeGreaterThan(40);
    for (const event of events) expect(eventWord(event)).not.toBe(event);
    expect(new Set(knownEvents)).toEqual(new Set(events));
  });

  test('one that is not known here is shown as it is', () => {
    expect(entryWords({ event: 'admin.something_new', metadata: {}, outcome: 'done' })).toBe('admin.something_new');
  });

  test('quotas say from what to what', () => {
    const metadata = { fromBytes: String(10 * 2 ** 30), toBytes: 'unlimited' };
    expect(plain(entryWords({ event: 'admin.quota_changed', metadata, outcome: 'done' }))).toBe(
      'Quota changed: 10 GiB to no limit',
    );
  });

  test('a stage is named in words, in the list as well; one that is not known as it is', () => {
    const event = 'deletion.stage_reached';
    expect(entryWords({ event, metadata: { stage: 'closing' }, outcome: 'done' })).toBe(
      'Stage reached: Account closed; inventory',
    );
    expect(briefWords({ event, metadata: { stage: 'revoking' } })).toBe('Stage reached: Credentials');
    expect(briefWords({ event, metadata: { stage: 'dancing' } })).toBe('Stage reached: dancing');
    expect(briefWords({ event: 'deletion.waiting', metadata: { message: 'No answer.' } })).toBe('Deletion waits');
  });

  test('what was refused says so, with its code', () => {
    expect(entryWords({ event: 'admin.user_deactivated', metadata: { code: 'SOLE_ADMIN' }, outcome: 'refused' })).toBe(
      'User deactivated: refused, SOLE_ADMIN',
    );
  });

  test('metadata that is not what it should be is left out', () => {
    expect(
      entryWords({ event: 'admin.quota_changed', metadata: { fromBytes: {}, toBytes: -1 }, outcome: 'done' }),
    ).toBe('Quota changed');
    expect(entryWords({ event: 'admin.ai_provider_assigned', metadata: { model: 7 }, outcome: 'done' })).toBe(
      'Model assigned',
    );
  });
});
