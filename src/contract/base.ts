import { oc } from '@orpc/contract';
import { errors } from './errors.ts';

/** What any procedure may answer, whoever calls it. */
export const openProcedure = oc.errors(
  errors('VAULT_LOCKED', 'LOG_TAMPERED', 'DISK_FULL', 'WORKSPACE_READ_ONLY', 'WORKSPACE_DAMAGED', 'NOT_SET_UP'),
);

/** What any procedure behind sign-in may answer besides. */
export const adminProcedure = openProcedure.errors(
  errors(
    'NOT_SIGNED_IN',
    'NOT_ADMINISTRATOR',
    'PASSWORD_MUST_CHANGE',
    'SEAL_BROKEN',
    'NOT_FOUND',
    'REQUEST_REUSED',
    'ANSWER_NOT_KEPT',
  ),
);
