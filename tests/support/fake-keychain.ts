import { type Keychain, KeychainError } from '../../src/main/vault/index.ts';

/** A keychain in memory, for tests of other things; the real one is tested against gnome-keyring. */
export class FakeKeychain implements Keychain {
  state: 'available' | 'locked' | 'unavailable' = 'available';
  readonly items = new Map<string, Uint8Array>();
  /** How often it was asked for an item. */
  reads = 0;

  async probe(): Promise<'available' | 'locked' | 'unavailable'> {
    return this.state;
  }

  async get(account: string): Promise<Uint8Array | null> {
    this.reads += 1;
    this.#answer();
    const value = this.items.get(account);
    return value ? Uint8Array.from(value) : null;
  }

  async set(account: string, value: Uint8Array): Promise<void> {
    this.#answer();
    this.items.set(account, Uint8Array.from(value));
  }

  async remove(account: string): Promise<void> {
    this.#answer();
    this.items.delete(account);
  }

  #answer(): void {
    if (this.state !== 'available') throw new KeychainError(this.state, `the keychain is ${this.state}`);
  }
}
