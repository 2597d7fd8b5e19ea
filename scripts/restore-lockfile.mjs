// Puts back into package-lock.json what `npm install` drops or adds. Run it after every change of a dependency.
//
// - better-sqlite3 brings its binaries along, but ships a binding.gyp too. npm 10 (Node 20's) then runs node-gyp on
//   `npm ci`, which needs Python and Node's headers, unless the entry says `"gypfile": false`. npm 11 knows
//   `allowScripts` in package.json besides. https://github.com/WiseLibs/better-sqlite3/issues/1516
// - The address that each package was fetched from names the registry of whoever ran the install. The integrity hash
//   is what counts; without the address npm asks the registry that it is configured for.
import { readFileSync, writeFileSync } from 'node:fs';
import { pathToFileURL } from 'node:url';

const LOCKFILE = new URL('../package-lock.json', import.meta.url);

/** The lockfile as it has to be, and whether that differs from how it was. */
export function restore(text) {
  const lock = JSON.parse(text);
  for (const [path, entry] of Object.entries(lock.packages)) {
    if (/^https?:/.test(entry.resolved ?? '')) delete entry.resolved;
    if (path.endsWith('node_modules/better-sqlite3')) entry.gypfile = false;
  }
  const restored = `${JSON.stringify(lock, null, 2)}\n`;
  return { restored, changed: restored !== text };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { restored, changed } = restore(readFileSync(LOCKFILE, 'utf8'));
  if (changed) writeFileSync(LOCKFILE, restored);
  console.log(changed ? 'package-lock.json was put right.' : 'package-lock.json is as it should be.');
}
