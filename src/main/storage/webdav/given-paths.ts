/**
 * Hrefs as the server gave them, by key, where they differ from what encoding the key gives. Bounded: the oldest go first.
 * It is a memory and no more: both spellings name the same bytes, and after a restart the encoded one is sent.
 */
export class GivenPaths {
  readonly #limit: number;
  readonly #paths = new Map<string, string>();

  constructor(limit = 50_000) {
    this.#limit = limit;
  }

  set(key: string, given: string): void {
    this.#paths.set(key, given);
    if (this.#paths.size <= this.#limit) return;
    for (const oldest of this.#paths.keys()) {
      this.#paths.delete(oldest);
      return;
    }
  }

  get(key: string): string | undefined {
    return this.#paths.get(key);
  }
}
