import { os } from '@orpc/server';
import type { Actor, Ground } from '../ground.ts';
import { isRefusal, Refusal } from '../refusal.ts';
import { acts, withFirstPassword, withoutVault } from './acts.ts';
import type { CallContext } from './context.ts';

/**
 * The session check, carried by the implementer `admin`: it runs before input validation, so that nobody without a
 * session learns what an input should look like (X1). It also records refused and failed acts (A3).
 */
export const administratorOnly = os.$context<CallContext>().middleware(async ({ context, next, path }, input) => {
  const { connection } = context;
  const { session: sessions } = connection.domains;
  const procedure = path.join('.');
  const session = await sessions.authenticate(connection);
  const actor: Actor = { kind: 'administrator', id: session.userId, origin: connection.origin };
  if (session.passwordMustChange && !withFirstPassword.has(procedure))
    throw new Refusal(
      'PASSWORD_MUST_CHANGE',
      'The first password has to be changed before anything else. Change it and go on.',
    );
  if (session.readOnly && procedure in acts && !withoutVault.has(procedure))
    await refuseChange(connection.domains.ground);
  try {
    return await next({ context: { session, actor } });
  } catch (error) {
    recordRefusal(context, actor, procedure, input, error);
    throw error;
  }
});

/** Why a session may only read: the vault is locked, or the log is tampered with and cannot vouch for the administrator. */
async function refuseChange({ vault, audit }: Ground): Promise<never> {
  const { state } = await vault.status();
  if (state === 'available') audit.requireIntact();
  throw new Refusal(
    'VAULT_LOCKED',
    'The vault is locked, so nothing can be changed now. Unlock it and sign in again.',
    {
      state,
    },
  );
}

/** An act that was refused or failed is an entry too; bad input is not an act. */
function recordRefusal(context: CallContext, actor: Actor, procedure: string, input: unknown, error: unknown): void {
  const event = acts[procedure];
  if (!event || !isRecordable(error)) return;
  const { ground } = context.connection.domains;
  try {
    ground.workspace.transaction((tx) =>
      ground.audit.append(tx, {
        actor,
        event,
        target: targetOf(context, input),
        outcome: isRefusal(error) ? 'refused' : 'failed',
        metadata: { procedure, ...(isRefusal(error) ? { code: error.code } : {}) },
      }),
    );
  } catch (failure) {
    // The refusal itself must still reach the caller: a full disk is the likely reason for both.
    context.connection.reportIncident(procedure, failure);
  }
}

function isRecordable(error: unknown): boolean {
  if (isRefusal(error)) return true;
  const name = error instanceof Error ? error.name : '';
  return name !== 'AbortError' && !(error instanceof Error && 'code' in error && error.code === 'BAD_REQUEST');
}

/** Whom or what the act was about, by public id: a mail address never enters the log. */
function targetOf(context: CallContext, input: unknown): { kind: string; id: string } | null {
  if (typeof input !== 'object' || input === null) return null;
  for (const kind of ['connection', 'deletion', 'plan'] as const) {
    const id: unknown = Reflect.get(input, `${kind}Id`);
    if (typeof id === 'string' && /^[0-9a-f-]{36}$/.test(id)) return { kind, id };
  }
  const ref: unknown = Reflect.get(input, 'user');
  if (typeof ref !== 'string') return null;
  const id = context.connection.domains.users.idOf(ref);
  return id === null ? null : { kind: 'user', id };
}
