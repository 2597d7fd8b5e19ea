// Runs after electron-builder has packed the app, before anything is made of it. The native parts are what goes wrong
// silently: better-sqlite3 brings a binary for every platform, and the others only the one of the machine that ran
// `npm ci`, so that an app packed for another platform would start and find no keychain.
import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

const ARCHITECTURES = ['ia32', 'x64', 'armv7l', 'arm64', 'universal'];

export function afterPack({ appOutDir, electronPlatformName, arch, packager }) {
  const resources = packager.getResourcesDir(appOutDir);
  const problems = problemsOf(join(resources, 'app.asar.unpacked'), electronPlatformName, ARCHITECTURES[arch]);
  if (problems.length > 0) throw new Error(`The packed app would not work:\n- ${problems.join('\n- ')}`);
}

/** What is wrong with the unpacked native parts, in sentences; nothing, if all is well. */
export function problemsOf(unpacked, platform, arch) {
  const target = `${platform}-${arch}`;
  const problems = [];
  const prebuilds = binaries(join(unpacked, 'node_modules/better-sqlite3/prebuilds'));
  if (prebuilds.join() !== `${target}.node`)
    problems.push(`better-sqlite3 has [${prebuilds.join(', ')}] where ${target}.node alone belongs`);
  for (const [scope, name] of [
    ['@napi-rs', 'keyring'],
    ['@node-rs', 'argon2'],
  ]) {
    const packages = existsSync(join(unpacked, 'node_modules', scope))
      ? readdirSync(join(unpacked, 'node_modules', scope))
      : [];
    const native = packages.filter(
      (one) => one.startsWith(`${name}-`) && binaries(join(unpacked, 'node_modules', scope, one)).length > 0,
    );
    if (native.length === 0 || native.some((one) => !one.startsWith(`${name}-${target}`)))
      problems.push(
        `${scope}/${name} has [${native.join(', ')}] where only its binary for ${target} belongs; run npm ci on that platform`,
      );
  }
  return problems;
}

function binaries(folder) {
  return existsSync(folder) ? readdirSync(folder).filter((file) => file.endsWith('.node')) : [];
}
