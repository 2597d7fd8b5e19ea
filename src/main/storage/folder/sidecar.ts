/** What stands beside a blob, so that the store can be read without any database. */
export interface Sidecar {
  readonly key: string;
  readonly size: number;
  /** SHA-256 of the bytes, hexadecimal. */
  readonly sha256: string;
  /** Milliseconds since 1970 UTC. */
  readonly modifiedAt: number;
}

export function writeSidecar(sidecar: Sidecar): string {
  const { key, size, sha256, modifiedAt } = sidecar;
  return `${JSON.stringify({ format: 1, key, size, sha256, modifiedAt })}\n`;
}

/** The sidecar, or null where the text is none. */
export function parseSidecar(text: string): Sidecar | null {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value !== 'object' || value === null) return null;
    const { format, key, size, sha256, modifiedAt } = value as Record<string, unknown>; // Every field is checked below.
    if (format !== 1 || typeof key !== 'string' || key === '') return null;
    if (typeof size !== 'number' || !Number.isSafeInteger(size) || size < 0) return null;
    if (typeof sha256 !== 'string' || !/^[0-9a-f]{64}$/.test(sha256)) return null;
    if (typeof modifiedAt !== 'number' || !Number.isSafeInteger(modifiedAt)) return null;
    return { key, size, sha256, modifiedAt };
  } catch {
    return null;
  }
}
