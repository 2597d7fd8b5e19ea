import { execFile } from 'node:child_process';
import { chmodSync, cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join, relative } from 'node:path';
import { promisify } from 'node:util';
import { extractFile, listPackage } from '@electron/asar';
import { FuseV1Options, getCurrentFuseWire } from '@electron/fuses';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { problemsOf } from '../../scripts/check-packed.mjs';
import { ensureBuild } from '../../scripts/ensure-build.mjs';

const ROOT = join(import.meta.dirname, '../..');
const target = `${process.platform}-${process.arch}`;
const run = promisify(execFile);

let home: string;
let resources: string;
let executable: string;
let names: string[];

/**
 * A stand-in for Electron's distribution, which is not to be had everywhere: what electron-builder copies and edits of it, with a
 * wire of eight fuses in the executable, all as Electron ships them.
 */
function standInDist(dir: string): string {
  mkdirSync(join(dir, 'locales'), { recursive: true });
  mkdirSync(join(dir, 'resources'), { recursive: true });
  const wire = Buffer.concat([
    Buffer.from('dL7pKGdnNz796PbbjQWNKmHXBZaB9tsX'),
    Buffer.from([1, 8]),
    Buffer.from('10110001'),
  ]);
  writeFileSync(join(dir, 'electron'), Buffer.concat([Buffer.alloc(4_096, 0x90), wire, Buffer.alloc(4_096, 0x90)]));
  chmodSync(join(dir, 'electron'), 0o755);
  for (const file of ['LICENSE', 'LICENSES.chromium.html', 'locales/en-US.pak', 'locales/de.pak'])
    writeFileSync(join(dir, file), 'x');
  const { version } = createRequire(import.meta.url)('electron/package.json') as { version: string };
  writeFileSync(join(dir, 'version'), version);
  return dir;
}

// Only Linux's executable can be stood in for: on Windows and macOS the packer edits it as what it is.
describe.skipIf(process.platform !== 'linux')('the packed app', () => {
  beforeAll(async () => {
    await ensureBuild();
    home = mkdtempSync(join(tmpdir(), 'qm-package-'));
    const builder = join(ROOT, 'node_modules/electron-builder/cli.js');
    const dist = standInDist(join(home, 'electron'));
    const args = [
      builder,
      '--linux',
      'dir',
      `-c.electronDist=${dist}`,
      `-c.directories.output=${join(home, 'dist')}`,
      '--publish',
      'never',
    ];
    await run(process.execPath, args, { cwd: ROOT, timeout: 180_000, maxBuffer: 64 * 1024 * 1024 });
    const folder = join(home, 'dist', process.arch === 'x64' ? 'linux-unpacked' : `linux-${process.arch}-unpacked`);
    resources = join(folder, 'resources');
    executable = join(folder, 'quartermaster');
    names = listPackage(join(resources, 'app.asar'), { isPack: false }).map((name) => name.replace(/^\//, ''));
  }, 300_000);
  afterAll(() => rmSync(home, { recursive: true, force: true }));

  const packed = (name: string) => extractFile(join(resources, 'app.asar'), name).toString('utf8');

  test('R1: holds the build and three packages with native code, and nothing else', () => {
    const roots = new Set(names.map((name) => name.split('/')[0]));
    expect([...roots].sort()).toEqual(['node_modules', 'out', 'package.json']);
    const packages = new Set(names.flatMap((name) => /^node_modules\/((?:@[^/]+\/)?[^/@]+)/.exec(name)?.[1] ?? []));
    const allowed = /^(better-sqlite3|bindings|file-uri-to-path|@napi-rs\/keyring(-.*)?|@node-rs\/argon2(-.*)?)$/;
    expect(
      [...packages].filter(
        (name) => !allowed.test(name) && !name.startsWith('@napi-rs') && !name.startsWith('@node-rs'),
      ),
    ).toEqual([]);
    expect(
      names.filter((name) => name.startsWith('out/') && !/^out\/(main|preload|renderer)(\/|$)/.test(name)),
    ).toEqual([]);
    expect(names).toContain('out/main/index.js');
    expect(names).toContain('out/main/worker.js');
    expect(names).toContain('out/main/reader.js');
    expect(names).toContain('out/preload/index.cjs');
    expect(names).toContain('out/renderer/index.html');
  });

  test('R1: holds no sources, tests, maps, or anything to compile', () => {
    const unwanted = names.filter((name) =>
      /\.(ts|tsx|map|c|cc|cpp|h|gyp|gypi|sql|test\.js)$|(^|\/)(src|tests?|deps)(\/|$)/.test(name),
    );
    expect(unwanted).toEqual([]);
  });

  test('R1: holds its migrations inside the bundle', () => {
    const sql = readdirSync(join(ROOT, 'src/main/database/migrations')).filter((name) => name.endsWith('.sql'));
    expect(sql.length).toBeGreaterThan(0);
    const bundles = names
      .filter((name) => /^out\/main\/.*\.js$/.test(name))
      .map(packed)
      .join('\n');
    for (const file of sql) {
      const text = readFileSync(join(ROOT, 'src/main/database/migrations', file), 'utf8');
      const made = /CREATE (?:TABLE|INDEX) \w+/i.exec(text)?.[0];
      expect(made, file).toBeDefined();
      expect(bundles, file).toContain(made);
    }
  });

  test('R1: has exactly one binary of each native part, outside the archive, where it can be loaded', () => {
    const unpacked = join(resources, 'app.asar.unpacked');
    const found = readdirSync(unpacked, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => relative(unpacked, join(entry.parentPath, entry.name)));
    expect(found.filter((name) => !name.endsWith('.node'))).toEqual([]);
    expect(found.filter((name) => name.includes('better-sqlite3'))).toEqual([
      `node_modules/better-sqlite3/prebuilds/${target}.node`,
    ]);
    expect(found.filter((name) => name.includes('keyring'))).toHaveLength(1);
    expect(found.filter((name) => name.includes('argon2'))).toHaveLength(1);
    expect(found).toHaveLength(3);
  });

  test('X4: its preload is one CommonJS file that asks for electron alone', () => {
    expect(names.filter((name) => name.startsWith('out/preload/'))).toEqual(['out/preload/index.cjs']);
    const preload = packed('out/preload/index.cjs');
    expect([...preload.matchAll(/require\(([^)]*)\)/g)].map(([, name]) => name)).toEqual(['"electron"']);
    expect(preload).not.toMatch(/^\s*(import|export)\s/m);
  });

  test('X4: the page is given no Electron object and no raw channel', () => {
    const preload = packed('out/preload/index.cjs');
    expect(preload.match(/exposeInMainWorld/g)).toHaveLength(1);
    expect(preload).not.toMatch(/ipcRenderer\.(send|on|invoke|sendSync)\b/);
  });

  test('its package.json starts the built entry and brings no scripts', () => {
    const { name, main, type, scripts, devDependencies } = JSON.parse(packed('package.json'));
    expect({ name, main, type }).toEqual({ name: 'quartermaster', main: 'out/main/index.js', type: 'module' });
    expect(scripts).toBeUndefined();
    expect(devDependencies).toBeUndefined();
  });

  test('X4: every fuse is set as it should be', async () => {
    const wire = await getCurrentFuseWire(executable);
    const wanted: Record<FuseV1Options, boolean> = {
      [FuseV1Options.RunAsNode]: false,
      [FuseV1Options.EnableCookieEncryption]: true,
      [FuseV1Options.EnableNodeOptionsEnvironmentVariable]: false,
      [FuseV1Options.EnableNodeCliInspectArguments]: false,
      [FuseV1Options.EnableEmbeddedAsarIntegrityValidation]: true,
      [FuseV1Options.OnlyLoadAppFromAsar]: true,
      [FuseV1Options.LoadBrowserProcessSpecificV8Snapshot]: false,
      [FuseV1Options.GrantFileProtocolExtraPrivileges]: false,
    };
    for (const [fuse, isOn] of Object.entries(wanted))
      expect(wire[Number(fuse) as FuseV1Options], FuseV1Options[Number(fuse)]).toBe((isOn ? '1' : '0').charCodeAt(0));
  });

  test('is refused when a native part of another platform was packed', () => {
    const unpacked = join(resources, 'app.asar.unpacked');
    expect(problemsOf(unpacked, process.platform, process.arch)).toEqual([]);
    expect(problemsOf(unpacked, 'win32', 'x64').join('\n')).toMatch(/better-sqlite3[\s\S]*keyring[\s\S]*argon2/);
    const doubled = join(home, 'doubled');
    cpSync(unpacked, doubled, { recursive: true });
    writeFileSync(join(doubled, 'node_modules/better-sqlite3/prebuilds/darwin-arm64.node'), '');
    expect(problemsOf(doubled, process.platform, process.arch)).toHaveLength(1);
  });
});
