export type { Append, Audit, AuditState, InclusionProof, Sealed } from './audit.ts';
export { auditEvents, type AuditEvent } from './events.ts';
export { openAudit } from './open.ts';
