import { AsyncLocalStorage } from 'node:async_hooks';
import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { AuditEvent } from '../audit/index.ts';
import type { Tx, Workspace } from '../database/index.ts';
import type { Clock, RandomBytes } from '../ground.ts';
import { nameOf, REQUEST_ID, seal, unseal } from './sealed.ts';

const KEPT_MS = 24 * 60 * 60_000;

export interface Request {
  readonly id: string;
  /** The administrator who asks. */
  readonly actorId: string;
  readonly procedure: string;
  readonly input: unknown;
}

/** What a transaction has just done, before it is committed. */
export interface Act {
  /** What the transaction answers. */
  readonly result: unknown;
  /** Whom or what its audit entry is about. */
  readonly targetId: string | null;
}

/** What was done under an id: this very call, with the answer that was given, undefined where that is not kept; or another. */
export type Done = { readonly is: 'same'; readonly answer: unknown } | { readonly is: 'other' };

/** Which acts were done under which request id (R6). */
export interface Requests {
  /** The workspace, whose transactions take along what `during` says. */
  readonly workspace: Workspace;
  /** What was done under the request's id within a day; null where nothing was. */
  find(request: Request): Done | null;
  /**
   * Runs an act. The transaction that writes the act's own entry, `event`, writes the request and its answer too, so that one
   * is there exactly if the other is; a second run under the same id is undone as a whole and rejects. `answerOf` is
   * asked inside the transaction.
   */
  during<Answer>(
    request: Request,
    event: AuditEvent,
    answerOf: (act: Act) => unknown,
    run: () => Promise<Answer>,
  ): Promise<Answer>;
}

interface UnderWay {
  readonly request: Request;
  readonly event: AuditEvent;
  readonly answerOf: (act: Act) => unknown;
  isWritten: boolean;
}

const Content = z.object({
  actor: z.string(),
  procedure: z.string(),
  /** SHA-256 of the input as JSON. */
  input: z.string(),
  answer: z.unknown().optional(),
});

export function isRequestId(id: string): boolean {
  return REQUEST_ID.test(id);
}

export function openRequests(
  workspace: Workspace,
  { clock, randomBytes }: { readonly clock: Clock; readonly randomBytes: RandomBytes },
): Requests {
  const { raw } = workspace.db;
  // Which request a transaction belongs to goes along with the call through every await of every domain: passing it by hand
  // would put a parameter that means nothing to them into some forty methods. It is read in the one place below.
  const underWay = new AsyncLocalStorage<UnderWay>();
  const read = raw.prepare<[Buffer], Buffer>('SELECT content FROM requests WHERE name = ?').pluck();
  const insert = raw.prepare('INSERT INTO requests (name, content, done_at) VALUES (?, ?, ?)');
  const purge = raw.prepare('DELETE FROM requests WHERE done_at < ?');
  const newest = raw.prepare<[], number>('SELECT coalesce(max(sequence), 0) FROM audit_entries').pluck();
  const entrySince = raw.prepare<[number, string, string], { target_id: string | null }>(
    `SELECT target_id FROM audit_entries
     WHERE sequence > ? AND event = ? AND actor_id = ? AND outcome <> 'refused' ORDER BY sequence DESC LIMIT 1`,
  );

  function write({ request, answerOf }: UnderWay, act: Act): void {
    const content = JSON.stringify({
      actor: request.actorId,
      procedure: request.procedure,
      input: digestOf(request.input),
      answer: answerOf(act),
    });
    const now = clock();
    purge.run(now - KEPT_MS);
    insert.run(nameOf(request.id, workspace.id), seal(content, request.id, workspace.id, randomBytes), now);
  }

  function transaction<Result>(work: (tx: Tx) => Result): Result {
    const current = underWay.getStore();
    if (!current || current.isWritten) return workspace.transaction(work);
    let isAct = false;
    const answer = workspace.transaction((tx) => {
      const before = newest.get() ?? 0;
      const result = work(tx);
      const entry = entrySince.get(before, current.event, current.request.actorId);
      isAct = entry !== undefined;
      if (entry) write(current, { result, targetId: entry.target_id });
      return result;
    });
    if (isAct) current.isWritten = true;
    return answer;
  }

  if (raw.prepare('SELECT 1 FROM requests WHERE done_at < ?').get(clock() - KEPT_MS))
    workspace.transaction(() => purge.run(clock() - KEPT_MS));

  return {
    workspace: { ...workspace, transaction },
    find(request) {
      const content = read.get(nameOf(request.id, workspace.id));
      if (!content) return null;
      const { actor, procedure, input, answer } = Content.parse(JSON.parse(unseal(content, request.id, workspace.id)));
      const isSame = actor === request.actorId && procedure === request.procedure && input === digestOf(request.input);
      return isSame ? { is: 'same', answer } : { is: 'other' };
    },
    during: (request, event, answerOf, run) => underWay.run({ request, event, answerOf, isWritten: false }, run),
  };
}

/** A call is sent again as it was, so that the order of its fields is the same too. */
function digestOf(input: unknown): string {
  const text = JSON.stringify(input, (_key, value: unknown) => (typeof value === 'bigint' ? `${value}n` : value)) ?? '';
  return createHash('sha256').update(text).digest('hex');
}
