import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { auditEvents } from '../../src/main/audit/events.ts';
import { acts } from '../../src/main/router/acts.ts';

const MAIN = join(import.meta.dirname, '..', '..', 'src', 'main');

/** Every text of the console's source that has the form of an event type and one of its prefixes. */
function eventsInSource(): Map<string, string> {
  const found = new Map<string, string>();
  for (const entry of readdirSync(MAIN, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !/\.ts$/.test(path) || /\.test\.ts$/.test(path) || path.endsWith('audit/events.ts'))
      continue;
    const text = readFileSync(path, 'utf8');
    // What goes into a host's log (`log('deletion.stalled', …)`) is no entry of the audit log.
    for (const [, before, name] of text.matchAll(/(\blog\()?'((?:admin|cloud|deletion)\.[a-z_]+)'/g))
      if (before === undefined && name) found.set(name, path);
  }
  return found;
}

describe('A2: event types', () => {
  test('A2: all are in the platform’s form, each once, those that the platform knows among them', () => {
    expect(new Set(auditEvents).size).toBe(auditEvents.length);
    for (const event of auditEvents) expect(event).toMatch(/^(admin|cloud|console|deletion)\.[a-z]+(_[a-z]+)*$/);
    for (const known of [
      ...['admin.user_created', 'admin.user_activated', 'admin.user_deactivated', 'admin.quota_changed'],
      ...['admin.ai_provider_assigned', 'admin.user_deleted', 'cloud.credentials_purged'],
    ])
      expect(auditEvents).toContain(known);
  });

  test('A2: the one file lists every event that the console writes, and none that it never does', () => {
    const written = eventsInSource();
    for (const [event, path] of written) expect(auditEvents, `${event} in ${path}`).toContain(event);
    for (const event of auditEvents.filter((name) => !name.startsWith('console.')))
      expect(written.has(event), `${event} is written nowhere`).toBe(true);
  });

  test('A2: every act has its event', () => {
    for (const [procedure, event] of Object.entries(acts)) expect(auditEvents, procedure).toContain(event);
  });
});
