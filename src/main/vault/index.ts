export type { Cell, SealedTable, UnlockedVault, Vault, VaultCondition } from './vault.ts';
export type { Keychain } from './keychain.ts';
export { KeychainError } from './keychain.ts';
export { openVault } from './open.ts';
export { checkSeal, renewSeal, requireSeal } from './seals.ts';
export { runSelfTest } from './self-test.ts';
