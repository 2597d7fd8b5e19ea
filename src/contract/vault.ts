import { z } from 'zod';
import { adminProcedure, openProcedure } from './base.ts';
import { errors } from './errors.ts';
import { SecretText } from './primitives.ts';

/**
 * `available`: credentials can be used. `locked`: keychain or passphrase is to be unlocked. `unavailable`: no keychain
 * service. `missing`: the keychain has no item although the workspace needs one. `mismatched`: the item is another
 * workspace's. `none`: not set up yet.
 */
export const VaultState = z.enum(['none', 'available', 'locked', 'unavailable', 'missing', 'mismatched']);

export const VaultStatus = z.object({
  state: VaultState,
  way: z.enum(['keychain', 'passphrase']).nullable(),
  generation: z.int().nullable(),
  /** What the state means and what to do, in a sentence. */
  message: z.string(),
  /** Whether set-up can use a keychain on this machine. */
  keychainUsable: z.boolean(),
});

export const vaultContract = {
  status: adminProcedure.input(z.strictObject({})).output(VaultStatus),

  /** Opens a vault that has a passphrase; holds while the console runs. Rate limited like sign-in. */
  unlock: openProcedure
    .input(z.strictObject({ passphrase: SecretText }))
    .output(VaultStatus)
    .errors(errors('WRONG_PASSPHRASE', 'TOO_MANY_TRIES', 'NOT_FOUND', 'SEAL_BROKEN')),
};
