export type { Append, Audit, AuditState, InclusionProof, Sealed } from './audit.ts';
export { type AuditEvent, auditEvents } from './events.ts';
export { leafHash, rootFromPath } from './merkle.ts';
export { checkNote, fingerprintOf, parseCheckpoint, parseNote, readFingerprint, verifySignature } from './note.ts';
export { type AuditParts, openAudit } from './open.ts';
export type { Pace } from './pace.ts';
export { auditReads } from './reads.ts';
