import { execFileSync, spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8');

interface Package {
  readonly dependencies: Record<string, string>;
  readonly devDependencies: Record<string, string>;
  readonly allowScripts: Record<string, boolean>;
}
interface LockEntry {
  readonly version?: string;
  readonly resolved?: string;
  readonly integrity?: string;
  readonly gypfile?: boolean;
  readonly hasInstallScript?: boolean;
  readonly link?: boolean;
}

// Both files are npm's, and these are the fields that it documents.
const manifest = JSON.parse(read('package.json')) as Package;
const lock = JSON.parse(read('package-lock.json')) as { packages: Record<string, LockEntry & Partial<Package>> };
const installed = Object.entries(lock.packages).filter(([path]) => path !== '');
const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

function trackedFiles(): string[] {
  return execFileSync('git', ['ls-files', '-z'], { cwd: ROOT, encoding: 'utf8' })
    .split('\0')
    .filter((path) => path !== '' && !/\.(png|icns|ico|woff2?|jpg)$/.test(path));
}

describe('versions', () => {
  test('every one is pinned exactly', () => {
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect(version, name).toMatch(/^\d+\.\d+\.\d+(-[\w.]+)?$/);
  });

  test('the lockfile says the same as package.json', () => {
    const { dependencies, devDependencies } = lock.packages[''] ?? {};
    expect({ dependencies, devDependencies }).toEqual({
      dependencies: manifest.dependencies,
      devDependencies: manifest.devDependencies,
    });
    for (const [name, version] of Object.entries({ ...manifest.dependencies, ...manifest.devDependencies }))
      expect(lock.packages[`node_modules/${name}`]?.version, name).toBe(version);
  });

  test('all of Mantine is of one version', () => {
    const versions = installed
      .filter(([path]) => nameOf(path).startsWith('@mantine/'))
      .map(([, { version }]) => version);
    expect(new Set(versions).size).toBe(1);
  });

  test('.nvmrc names the Node that is installed with the package', () => {
    expect(read('.nvmrc').trim()).toBe(manifest.devDependencies.node);
  });

  test('only packages with native code are dependencies; all others are bundled', () => {
    expect(Object.keys(manifest.dependencies).sort()).toEqual([
      '@napi-rs/keyring',
      '@node-rs/argon2',
      'better-sqlite3',
    ]);
  });
});

describe('npm ci on a machine with Node 20, without Python or a compiler', () => {
  test('npm 10 does not run node-gyp for better-sqlite3: `npm run restore-lockfile` after every install', () => {
    expect(lock.packages['node_modules/better-sqlite3']?.gypfile).toBe(false);
  });

  test('npm 11 has an answer for every package that wants to run a script at install', () => {
    const wanting = new Set(installed.filter(([, entry]) => entry.hasInstallScript).map(([path]) => nameOf(path)));
    for (const name of wanting) expect(Object.keys(manifest.allowScripts)).toContain(name);
    expect(Object.entries(manifest.allowScripts).filter(([, isAllowed]) => isAllowed)).toEqual([['node', true]]);
  });

  test('each package has its hash, and none the address of a registry', () => {
    for (const [path, entry] of installed) {
      expect(entry.resolved, path).toBeUndefined();
      if (!entry.link) expect(entry.integrity, path).toMatch(/^sha512-/);
    }
    expect(read('.npmrc')).toContain('omit-lockfile-registry-resolved=true');
  });
});

describe('what is in the repository', () => {
  test('no path of a machine, and no registry’s name, stands in any file', () => {
    const before = String.raw`(^|[\s"'=(:])`;
    const paths = new RegExp(`${before}/(work|root|home/\\w+|Users/\\w+)/[\\w.]`, 'm');
    const registries = /registry\.(npmjs|yarnpkg)|npm\.pkg\.|https?:\/\/[\w.-]*registry[\w.-]*\./;
    for (const path of trackedFiles()) {
      const text = read(path);
      expect(paths.exec(text)?.[0], path).toBeUndefined();
      expect(registries.exec(path.endsWith('repository.test.ts') ? '' : text)?.[0], path).toBeUndefined();
      expect(text.includes(ROOT), path).toBe(false);
    }
  });

  test('nothing that is built, installed or cached is tracked', () => {
    expect(trackedFiles().filter((path) => /^(node_modules|out|dist|\.cache)\//.test(path))).toEqual([]);
  });
});

describe('promises', () => {
  test('each one of docs/promises.md has a test that names it, and tests name no other', () => {
    const report = spawnSync(process.execPath, [join(ROOT, 'scripts', 'promises.mjs')], { encoding: 'utf8' });
    expect({ status: report.status, last: report.stdout.trim().split('\n').at(-1) }).toMatchObject({
      status: 0,
      last: expect.stringMatching(/^(\d+) of \1 promises have a test/),
    });
  });
});
