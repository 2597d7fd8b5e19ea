export { normaliseMailKey } from './mail-key.ts';
export { openSession, type SessionOptions } from './open.ts';
export { hashPassword, verifyPassword } from './passwords.ts';
export { endSessionsOf } from './rows.ts';
export type { ActiveSession, EndReason, Line, Session, SetUp } from './session.ts';
export { requireAnotherActiveOwner } from './sole-admin.ts';
export { requireStepUp } from './step-up.ts';
