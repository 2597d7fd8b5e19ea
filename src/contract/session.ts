import { z } from 'zod';
import { adminProcedure, openProcedure } from './base.ts';
import { errors } from './errors.ts';
import { DisplayName, Id, Mail, NewPassword, SecretText, Time } from './primitives.ts';
import { VaultStatus } from './vault.ts';

export const SignedIn = z.object({
  userId: Id,
  mail: z.string(),
  name: z.string(),
  passwordMustChange: z.boolean(),
  /** True while seals cannot be checked: everything can be read, nothing can be changed. */
  readOnly: z.boolean(),
  /** Until when acts that ask for the password again go through without asking. */
  steppedUpUntil: Time.nullable(),
});

export const SessionState = z.object({
  workspace: z.object({ id: Id, name: z.string(), isSetUp: z.boolean() }),
  vault: VaultStatus,
  audit: z.object({ state: z.enum(['intact', 'unchecked', 'tampered', 'not_anchored']), entries: z.int() }),
  signedIn: SignedIn.nullable(),
});

export const sessionContract = {
  /** What a host shows first: set-up, unlock, sign-in or the console. */
  state: openProcedure.input(z.strictObject({})).output(SessionState),

  /** First start: makes the vault and the first administrator. Refused ever after. */
  setUp: openProcedure
    .input(
      z.strictObject({
        workspaceName: DisplayName.default('Quartermaster'),
        mail: Mail,
        name: DisplayName,
        password: NewPassword,
        /** Needed where there is no keychain; the vault is then opened by it alone. */
        passphrase: NewPassword.optional(),
      }),
    )
    .output(
      z.object({
        userId: Id,
        token: z.string(),
        /** Fingerprint of the key that signs the log's checkpoints and certificates: to be kept outside. */
        auditKey: z.string(),
      }),
    )
    .errors(errors('ALREADY_SET_UP', 'KEYCHAIN_UNAVAILABLE')),

  signIn: openProcedure
    .input(z.strictObject({ mail: Mail, password: SecretText }))
    .output(z.object({ token: z.string(), signedIn: SignedIn }))
    .errors(errors('WRONG_PASSWORD', 'TOO_MANY_TRIES', 'ACCOUNT_INACTIVE', 'NOT_ADMINISTRATOR', 'SEAL_BROKEN')),

  /** Takes up a session after a reload. An unknown or ended token answers `signedIn: null`, never an error. */
  restore: openProcedure
    .input(z.strictObject({ token: z.string().max(200) }))
    .output(z.object({ signedIn: SignedIn.nullable() })),

  signOut: adminProcedure.input(z.strictObject({})).output(z.object({ signedOut: z.literal(true) })),

  /** The password again, before an act that cannot be undone. Holds for five minutes. */
  stepUp: adminProcedure
    .input(z.strictObject({ password: SecretText }))
    .output(z.object({ steppedUpUntil: Time }))
    .errors(errors('WRONG_PASSWORD', 'TOO_MANY_TRIES')),

  /** One's own password. The other sessions of this administrator end. */
  changePassword: adminProcedure
    .input(z.strictObject({ current: SecretText, next: NewPassword }))
    .output(z.object({ changedAt: Time }))
    .errors(errors('WRONG_PASSWORD', 'TOO_MANY_TRIES', 'PASSWORD_UNCHANGED')),
};
