import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { suggestPassword } from './first-password.ts';

describe('U2: the first password that is suggested', () => {
  test('has five groups of four, and is another each time', () => {
    const passwords = Array.from({ length: 50 }, () => suggestPassword(randomBytes));
    for (const password of passwords) expect(password).toMatch(/^[a-hj-km-np-z2-9]{4}(-[a-hj-km-np-z2-9]{4}){4}$/);
    expect(new Set(passwords).size).toBe(50);
  });

  test('takes every letter equally often', () => {
    // Every byte once: 31 letters eight times each are used, the rest of the bytes is thrown away.
    const counts = new Map<string, number>();
    let round = 0;
    for (let i = 0; i < 31 * 8; i += 1) {
      const letter = suggestPassword((count) => new Uint8Array(count).fill(i)).charAt(0);
      counts.set(letter, (counts.get(letter) ?? 0) + 1);
    }
    expect(counts.size).toBe(31);
    expect(new Set(counts.values())).toEqual(new Set([8]));
    const password = suggestPassword((count) => new Uint8Array(count).fill(round++ === 0 ? 255 : 0));
    expect(password).toBe('aaaa-aaaa-aaaa-aaaa-aaaa');
  });
});
