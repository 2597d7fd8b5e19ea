export type { Answers } from './control.ts';
export type { ListFilter } from './list.ts';
export { type Deletions, openDeletions } from './open.ts';
export {
  type DeletionParts,
  type Patience,
  type Revocation,
  type ScopedUser,
  type Step,
  usualPatience,
} from './parts.ts';
export { type CertificateCheck, type CertificateVerdict, verifyCertificate } from './verify-certificate.ts';
