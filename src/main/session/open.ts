import type { Actor, Ground } from '../ground.ts';
import { isRefusal } from '../refusal.ts';
import { Secret } from '../secret.ts';
import { ARGON2, type Argon2Parameters } from '../vault/index.ts';
import { openAttempts } from './attempts.ts';
import { notSignedIn, openAuthentication } from './authentication.ts';
import { hashOf } from './begin.ts';
import { type LiveSession, openLiveSessions } from './live.ts';
import { openOwnPassword } from './own-password.ts';
import { endSessionsOf, removeSession, sessionByTokenHash, userByNo } from './rows.ts';
import type { ActiveSession, Line, Session, SignedInAnswer } from './session.ts';
import { type Alongside, isSetUp, setUp } from './set-up.ts';
import { openSignIn } from './sign-in.ts';
import { unlockVault } from './unlock.ts';

export interface SessionOptions {
  /** Cost of a password; tests give a cheap one. */
  readonly argon2?: Argon2Parameters;
  /** Called inside the set-up transaction. */
  readonly alongsideSetUp?: Alongside;
}

/** Sessions of a workspace: those in its rows, and what this process knows about them. */
export function openSession(ground: Ground, options: SessionOptions = {}): Session {
  const { workspace, vault, audit, clock } = ground;
  const { db } = workspace;
  const argon2 = options.argon2 ?? ARGON2;
  const lives = openLiveSessions(clock);
  const attempts = openAttempts(workspace, clock);
  const authentication = openAuthentication(ground, lives);
  const signIn = openSignIn(ground, attempts, authentication, argon2);
  const ownPassword = openOwnPassword(ground, lives, attempts, argon2);

  function liveOn(line: Line): LiveSession {
    const live = line.sessionId === null ? undefined : lives.get(line.sessionId);
    if (!live) throw notSignedIn('none');
    return live;
  }

  /** The session as it is, or null where there is none; what looks changes nothing. */
  async function look(line: Line, live: LiveSession | undefined): Promise<ActiveSession | null> {
    if (!live || lives.lapse(live)) return null;
    try {
      return await authentication.examine(live, line.origin);
    } catch (error) {
      if (isRefusal(error)) return null;
      throw error;
    }
  }

  /** A session that another process began, or this one before a restart. Its idle time begins now. */
  function fromRow(tokenHash: Buffer): LiveSession | undefined {
    const row = sessionByTokenHash(db, tokenHash);
    const user = row && userByNo(db, row.userNo);
    if (!row || !user || lives.hasEnded(row.id)) return undefined;
    return (
      lives.get(row.id) ?? {
        id: row.id,
        userNo: user.no,
        userId: user.id,
        expiresAt: row.expiresAt,
        hasRow: true,
        tokenHash: tokenHash.toString('hex'),
        passwordHash: user.passwordHash,
        lastSeenAt: clock(),
        steppedUpUntil: null,
      }
    );
  }

  /** A line holds one session: the one that it had before ends. */
  function takeUp(line: Line, live: LiveSession): void {
    const before = line.sessionId === null ? undefined : lives.get(line.sessionId);
    lives.add(live);
    line.sessionId = live.id;
    if (before && before.id !== live.id) authentication.end(before, 'replaced', line.origin);
  }

  /** The log's own check waits for an open vault; it may take a while, and nobody waits for it here. */
  function checkLog(): void {
    if (audit.state() !== 'unchecked') return;
    audit.check().catch((error: unknown) => ground.log('audit_check_failed', { error: String(error) }));
  }

  function answer(session: ActiveSession): SignedInAnswer {
    const { userId, mail, name, passwordMustChange, readOnly, steppedUpUntil } = session;
    const isSteppedUp = steppedUpUntil !== null && clock() < steppedUpUntil;
    return {
      userId,
      mail,
      name,
      passwordMustChange,
      readOnly,
      steppedUpUntil: isSteppedUp ? new Date(steppedUpUntil).toISOString() : null,
    };
  }

  return {
    async state(line) {
      const live = line.sessionId === null ? undefined : lives.get(line.sessionId);
      const session = await look(line, live);
      const row = db.raw.prepare<[], { content: string }>(`SELECT content FROM settings WHERE id = 'workspace'`).get();
      const entries = db.raw
        .prepare<[], { newest: number }>('SELECT coalesce(max(sequence), 0) AS newest FROM audit_entries')
        .get();
      return {
        workspace: { id: workspace.id, name: nameIn(row?.content), isSetUp: isSetUp(db) },
        vault: await vault.status(),
        audit: { state: audit.state(), entries: entries?.newest ?? 0 },
        signedIn: session && answer(session),
      };
    },

    async setUp(line, input) {
      const { live, token, auditKey } = await setUp(ground, line, input, argon2, options.alongsideSetUp);
      takeUp(line, live);
      return { userId: live.userId, token, auditKey };
    },

    async signIn(line, { mail, password }) {
      const { live, token } = await signIn.signIn(line, mail, new Secret(password));
      takeUp(line, live);
      checkLog();
      return { token, signedIn: answer(await authentication.examine(live, line.origin)) };
    },

    async restore(line, token) {
      const tokenHash = hashOf(token);
      const live = lives.byToken(tokenHash.toString('hex')) ?? fromRow(tokenHash);
      const session = await look(line, live);
      if (!live || !session) return { signedIn: null };
      const current = lives.get(live.id) ?? live; // Another restore of the same token may have been faster.
      current.lastSeenAt = clock();
      lives.add(current);
      line.sessionId = current.id;
      return { signedIn: answer({ ...session, steppedUpUntil: current.steppedUpUntil }) };
    },

    async signOut(line, actor) {
      const live = liveOn(line);
      workspace.transaction((tx) => removeSession(tx, audit, live.id, actor, null));
      lives.remove(live.id);
      line.sessionId = null;
    },

    async stepUp(line, actor, password) {
      const until = await ownPassword.stepUp(liveOn(line), actor, new Secret(password));
      return { steppedUpUntil: new Date(until).toISOString() };
    },

    async changePassword(line, actor, { current, next }) {
      const changedAt = await ownPassword.change(liveOn(line), actor, new Secret(current), new Secret(next));
      return { changedAt: new Date(changedAt).toISOString() };
    },

    async unlockVault(line, passphrase) {
      const session = await look(line, line.sessionId === null ? undefined : lives.get(line.sessionId));
      const actor: Actor = session
        ? { kind: 'administrator', id: session.userId, origin: line.origin }
        : { kind: 'anonymous', origin: line.origin };
      const condition = await unlockVault(ground, attempts, authentication, actor, passphrase);
      checkLog();
      return condition;
    },

    async authenticate(line) {
      const live = liveOn(line);
      const lapse = lives.lapse(live);
      if (lapse) {
        authentication.end(live, lapse, line.origin);
        throw notSignedIn(lapse);
      }
      const session = await authentication.examine(live, line.origin);
      live.lastSeenAt = clock();
      return session;
    },

    endSessions(tx, userNo, actor = { kind: 'console', onBehalfOf: null, origin: ground.origin }) {
      endSessionsOf(tx, audit, userNo, actor, 'account_closed');
    },
  };
}

/** Shown before anybody signed in, so the seal is not asked; a damaged row is no reason to show nothing. */
function nameIn(content: string | undefined): string {
  try {
    const parsed: unknown = JSON.parse(content ?? '{}');
    const name: unknown =
      typeof parsed === 'object' && parsed !== null ? Reflect.get(parsed, 'workspaceName') : undefined;
    if (typeof name === 'string') return name;
  } catch {
    // Falls through to the name that every workspace has to begin with.
  }
  return 'Quartermaster';
}
