import type { VaultCondition, VaultState } from './vault.ts';

type Way = VaultCondition['way'];

/** The sentence for each state: what it means, and what to do about it. How that is done here, each host adds itself. */
export function explain(state: VaultState, way: Way, keychainUsable: boolean): string {
  switch (state) {
    case 'none':
      return keychainUsable
        ? 'The workspace is not set up yet. Its keys will lie in the keychain of this account.'
        : 'The workspace is not set up yet, and no keychain can be used here.';
    case 'available':
      return way === 'passphrase'
        ? 'The vault is open until the console ends.'
        : 'The vault is open: the keychain holds its key.';
    case 'locked':
      return way === 'passphrase'
        ? 'The vault is locked. Enter its passphrase to use stored credentials and to change anything.'
        : 'The keychain of this account is locked. Unlock it (sign in to the desktop, or open its settings), then try again.';
    case 'unavailable':
      return 'No keychain answers on this machine. Start its secret service (on Linux gnome-keyring or KWallet), then try again.';
    case 'missing':
      return 'The keychain answers but does not hold the key of this workspace. Restore the keychain of the account that set it up, or open the workspace there. No new key is made: it could not read what the old one wrote.';
    case 'mismatched':
      return 'The keychain holds another key than the one this workspace was written with. Restore the keychain that belongs to it, or restore the workspace that belongs to the keychain.';
  }
}
