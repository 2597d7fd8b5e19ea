import { inspect } from 'node:util';

/**
 * A value that must not leave the console. It prints, logs, serialises and compares as `[secret]`; the one way to its
 * value is `revealSecret`, which can be found with grep.
 */
export class Secret {
  readonly #value: string;

  constructor(value: string) {
    this.#value = value;
  }

  toString(): string {
    return '[secret]';
  }

  toJSON(): string {
    return '[secret]';
  }

  [inspect.custom](): string {
    return '[secret]';
  }

  [Symbol.toPrimitive](): string {
    return '[secret]';
  }

  static valueOf(secret: Secret): string {
    return secret.#value;
  }
}

/** The value itself. `why` is for the reader: what it is about to be used for. */
export function revealSecret(secret: Secret, _why: string): string {
  return Secret.valueOf(secret);
}
