import { Secret } from '../secret.ts';
import { admin, open } from './base.ts';

export const vaultRouter = {
  status: admin.vault.status.handler(({ context }) => context.connection.domains.ground.vault.status()),
  unlock: open.vault.unlock.handler(({ input, context: { connection } }) =>
    connection.domains.session.unlockVault(connection, new Secret(input.passphrase)),
  ),
};
