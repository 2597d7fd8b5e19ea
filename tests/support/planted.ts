import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** Files below `dir` that hold one of the texts as UTF-8 or UTF-16: path and text of each find. */
export function filesWith(dir: string, texts: readonly string[]): string[] {
  const needles = texts.flatMap((text) => [Buffer.from(text, 'utf8'), Buffer.from(text, 'utf16le')]);
  return readdirSync(dir, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name))
    .flatMap((path) => {
      const content = readFileSync(path);
      return needles.filter((needle) => content.includes(needle)).map((needle) => `${path}: ${needle}`);
    });
}
