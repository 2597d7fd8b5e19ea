import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { beforeSignIn } from '../../router/index.ts';
import { revealSecret, Secret } from '../../secret.ts';
import type { Caller, CallOptions } from './caller.ts';
import { OwnerLost } from './owner-lost.ts';

const MAX_LINES = 6;
const PAUSE_MS = 50;
/** Before sign-in, but harmless when it is done twice. */
const REPEATABLE = new Set(['session.state', 'session.signIn', 'session.restore', 'vault.unlock']);

const HasToken = z.object({ token: z.string() });
const HasPassword = z.object({ password: z.string() });
const HasPassphrase = z.object({ passphrase: z.string() });

/**
 * Calls that outlive the owner: when a line dies, `open` makes one to whoever is the owner then, the session is taken up
 * on it, and what was under way is sent again with the same request id, so that what was done is not done twice. A stream
 * goes on with where things stand now. Rejects with `OwnerLost` where that cannot be done.
 */
export function openSteadyCaller(open: () => Promise<Caller>): Omit<Caller, 'ended'> {
  let current: Promise<Caller> | null = null;
  let token: Secret | null = null;
  let password: Secret | null = null;
  let passphrase: Secret | null = null;

  function line(): Promise<Caller> {
    current ??= openAndTakeUp().then(
      (opened) => {
        const forget = () => {
          current = null;
        };
        if (opened.ended.aborted) forget();
        else opened.ended.addEventListener('abort', forget, { once: true });
        return opened;
      },
      (error: unknown) => {
        current = null;
        throw error;
      },
    );
    return current;
  }

  /** What this client has proved before it proves to the next owner again. */
  async function openAndTakeUp(): Promise<Caller> {
    const opened = await open();
    const again = async (path: string, input: Record<string, string>) => {
      await untilEnded(opened, opened.call(path.split('.'), input, {}));
    };
    const why = 'taking up the session with the next owner of the workspace';
    if (passphrase) await again('vault.unlock', { passphrase: revealSecret(passphrase, why) });
    if (token) await again('session.restore', { token: revealSecret(token, why) });
    if (token && password) await again('session.stepUp', { password: revealSecret(password, why) });
    return opened;
  }

  function remember(procedure: string, input: unknown, answer: unknown): void {
    if (procedure === 'session.signOut') [token, password] = [null, null];
    const secretOf = <Name extends string>(schema: z.ZodType<Record<Name, string>>, name: Name, from: unknown) => {
      const found = schema.safeParse(from);
      return found.success ? new Secret(found.data[name]) : null;
    };
    if (procedure === 'session.signIn' || procedure === 'session.setUp') token = secretOf(HasToken, 'token', answer);
    if (procedure === 'session.restore') token = secretOf(HasToken, 'token', input);
    if (procedure === 'session.stepUp') password = secretOf(HasPassword, 'password', input);
    if (procedure === 'vault.unlock') passphrase = secretOf(HasPassphrase, 'passphrase', input);
  }

  async function call(path: readonly string[], input: unknown, options: CallOptions): Promise<unknown> {
    const procedure = path.join('.');
    const requestId = randomUUID();
    const mayRepeat = !beforeSignIn.has(procedure) || REPEATABLE.has(procedure);
    for (let tries = 1; ; tries += 1) {
      try {
        const on = await line();
        const answer = await untilEnded(on, on.call(path, input, { ...options, requestId }));
        remember(procedure, input, answer);
        return isStream(answer) ? goOn(answer, on, () => call(path, input, options)) : answer;
      } catch (error) {
        if (!(error instanceof LineEnded)) throw error;
        options.signal?.throwIfAborted();
        if (!mayRepeat || tries >= MAX_LINES)
          throw new OwnerLost(
            'The console that did the work went away in the middle. Whether this was done is not known: look, then repeat it if it was not.',
          );
        await sleep(PAUSE_MS);
      }
    }
  }

  return { call, close: () => void current?.then((on) => on.close()).catch(() => {}) };
}

class LineEnded extends Error {}

/** A call on a line that has died may never settle; this one does, and rejects with `LineEnded`. */
function untilEnded<Answer>({ ended }: Caller, call: Promise<Answer>): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const onEnd = () => reject(new LineEnded());
    if (ended.aborted) onEnd();
    ended.addEventListener('abort', onEnd, { once: true });
    call.then(
      (answer) => {
        ended.removeEventListener('abort', onEnd);
        resolve(answer);
      },
      async (error: unknown) => {
        // What was under way is rejected by the line itself too, a moment before or after its end is told.
        await sleep(0);
        ended.removeEventListener('abort', onEnd);
        reject(error);
      },
    );
  });
}

function isStream(answer: unknown): answer is AsyncIterable<unknown> {
  return typeof answer === 'object' && answer !== null && Symbol.asyncIterator in answer;
}

/** A watch whose line dies is asked again: it begins with where things stand now. */
async function* goOn(
  first: AsyncIterable<unknown>,
  on: Caller,
  again: () => Promise<unknown>,
): AsyncGenerator<unknown, void, void> {
  const events = first[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await untilEnded(on, events.next());
      if (next.done) return;
      yield next.value;
    }
  } catch (error) {
    if (!(error instanceof LineEnded)) throw error;
  } finally {
    events.return?.(undefined)?.catch(() => {});
  }
  const answer = await again();
  if (isStream(answer)) yield* answer;
}
