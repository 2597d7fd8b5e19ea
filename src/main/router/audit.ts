import type { Verification } from '../../contract/audit.ts';
import type { Actor } from '../ground.ts';
import { admin } from './base.ts';
import type { Connection } from './context.ts';

export const auditRouter = {
  list: admin.audit.list.handler(({ input, context, signal }) =>
    context.connection.domains.ground.audit.page(input, signal),
  ),
  verify: admin.audit.verify.handler(async ({ input, context, signal }) => {
    const verification = await context.connection.domains.ground.audit.verify(input, signal);
    recordVerification(context.connection, context.actor, verification);
    return verification;
  }),
};

/** That somebody checked the log, and what was found, stands in it from then on. */
function recordVerification(connection: Connection, actor: Actor, { verdict, entries, firstBad }: Verification): void {
  const { audit, workspace } = connection.domains.ground;
  try {
    workspace.transaction((tx) =>
      audit.append(tx, {
        actor,
        event: 'admin.audit_verified',
        target: null,
        metadata: { verdict, entries, firstBad },
      }),
    );
  } catch (error) {
    // What was found must reach whoever asked, on a full or read-only disk too.
    connection.reportIncident('audit.verify', error);
  }
}
