import { afterEach } from 'vitest';
import type { Actor } from '../../src/main/ground.ts';
import type { Line } from '../../src/main/session/index.ts';
import { OWNER, openSessionGround, openSetUpSession, type SessionGround } from './session-ground.ts';
import { ORIGIN } from './vault-ground.ts';

/** Opens grounds for the tests of a file and disposes of each after its test. */
export function sessionTests() {
  const grounds = new Set<SessionGround>();
  afterEach(async () => {
    for (const one of grounds) await one.dispose();
    grounds.clear();
  });
  function keep(one: SessionGround): SessionGround {
    grounds.add(one);
    return one;
  }
  return {
    fresh: async () => keep(await openSessionGround()),
    async setUp(passphrase?: string) {
      const made = await openSetUpSession(passphrase);
      keep(made.one);
      return made;
    },
    /** As a new start of the console would. */
    async reopened(one: SessionGround) {
      grounds.delete(one);
      return keep(await one.reopen());
    },
  };
}

export const actorOf = (id: string): Actor => ({ kind: 'administrator', id, origin: ORIGIN });

export const count = (one: SessionGround, table: string) =>
  one.on.workspace.db.raw.prepare(`SELECT count(*) FROM ${table}`).pluck().get();

export const events = (one: SessionGround, event: string) =>
  one.on.audit.list(one.on.workspace.db, { event, limit: 100 }).rows;

export const signIn = (one: SessionGround, line: Line, password: string = OWNER.password, mail: string = OWNER.mail) =>
  one.session.signIn(line, { mail, password });
