import { execFile, spawn } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const NOBODY = 65_534;
const isRoot = process.getuid?.() === 0;

interface Ended {
  readonly code: number | null;
  readonly output: string;
}

function run(program: string, args: readonly string[], env = process.env, account?: number): Promise<Ended> {
  const who = account === undefined ? {} : { uid: account, gid: account };
  return new Promise((resolve) => {
    execFile(program, args, { env, timeout: 60_000, ...who }, (error, stdout, stderr) =>
      resolve({ code: error ? Number(error.code ?? 1) : 0, output: `${stdout}${stderr}` }),
    );
  });
}

/** Another Node on this machine that is too old for better-sqlite3, as Node 20 is. */
async function oldNode(): Promise<string | null> {
  for (const path of ['/usr/bin/node', '/usr/local/bin/node', process.env.QM_OLD_NODE ?? '']) {
    if (!existsSync(path)) continue;
    const { output } = await run(path, ['-p', 'process.versions.napi']);
    if (Number(output) < 10) return path;
  }
  return null;
}
const old = await oldNode();
// Whoever started the tests may themselves have been started again under our Node.
delete process.env.QM_UNDER_RIGHT_NODE;

let project: string;
const at = (path: string) => join(project, path);
const builds = () =>
  existsSync(at('builds.log')) ? readFileSync(at('builds.log'), 'utf8').split('\n').filter(Boolean).length : 0;
const ensure = (...args: string[]) => run(process.execPath, [at('scripts/ensure-build.mjs'), ...args]);

/** A project with our scripts and, for a bundler, one that notes each build, takes a moment, and copies the source. */
beforeEach(() => {
  project = mkdtempSync(join(tmpdir(), 'qm-project-'));
  cpSync(join(ROOT, 'scripts'), at('scripts'), { recursive: true });
  for (const dir of ['src/main', 'node_modules/electron-vite/bin']) mkdirSync(at(dir), { recursive: true });
  for (const file of ['electron.vite.config.ts', 'package.json', 'package-lock.json', 'tsconfig.base.json'])
    writeFileSync(at(file), '{}');
  writeFileSync(at('src/main/index.ts'), 'first');
  writeFileSync(
    at('node_modules/electron-vite/bin/electron-vite.js'),
    `const { appendFileSync, mkdirSync, readFileSync, writeFileSync } = require('node:fs');
const { join, resolve } = require('node:path');
const out = resolve(process.argv[process.argv.indexOf('--outDir') + 1]);
appendFileSync('builds.log', 'built\\n');
const source = readFileSync('src/main/index.ts', 'utf8');
if (source === 'broken') { console.error('SYNTAX at line 1'); process.exit(1); }
setTimeout(() => {
  for (const [file, text] of [['main/index.js', source], ['main/qm.js', ''], ['main/worker.js', ''], ['main/reader.js', ''], ['preload/index.cjs', ''], ['renderer/index.html', '']]) {
    mkdirSync(join(out, file, '..'), { recursive: true });
    writeFileSync(join(out, file), text);
  }
}, 300);`,
  );
});
afterEach(() => rmSync(project, { recursive: true, force: true }));

describe('the build that is made when it is needed', () => {
  test('is made once, and again only when a source has really changed', async () => {
    expect(await ensure()).toMatchObject({ code: 0 });
    expect(readFileSync(at('out/main/index.js'), 'utf8')).toBe('first');
    await ensure();
    expect(builds()).toBe(1);

    utimesSync(at('src/main/index.ts'), new Date(), new Date());
    writeFileSync(at('src/main/index.test.ts'), 'a test is no part of it');
    await ensure();
    expect(builds()).toBe(1);

    writeFileSync(at('src/main/index.ts'), 'other');
    await ensure();
    expect(builds()).toBe(2);
    expect(readFileSync(at('out/main/index.js'), 'utf8')).toBe('other');
  });

  test('is made again when a source was added or removed, or a part of it is gone', async () => {
    await ensure();
    writeFileSync(at('src/main/new.ts'), '');
    await ensure();
    rmSync(at('src/main/new.ts'));
    await ensure();
    rmSync(at('out/preload'), { recursive: true });
    await ensure();
    expect(builds()).toBe(4);
  });

  test('is made by one of many who ask at once', async () => {
    const ended = await Promise.all(Array.from({ length: 4 }, () => ensure()));
    expect(ended.map(({ code }) => code)).toEqual([0, 0, 0, 0]);
    expect(builds()).toBe(1);
    expect(readdirSync(at('.cache'))).toEqual([]);
  });

  test('leaves the one before standing when it fails, and says what the bundler said', async () => {
    await ensure();
    writeFileSync(at('src/main/index.ts'), 'broken');
    const { code, output } = await ensure();
    expect(code).toBe(1);
    expect(output).toContain('SYNTAX at line 1');
    expect(readFileSync(at('out/main/index.js'), 'utf8')).toBe('first');
    expect(readdirSync(at('.cache'))).toEqual([]);
  });

  test('is not held up by a builder that was killed', async () => {
    const dead = spawn(process.execPath, ['-e', '']);
    await new Promise((resolve) => dead.once('exit', resolve));
    mkdirSync(at('.cache'));
    writeFileSync(at('.cache/build.lock'), String(dead.pid));
    expect(await ensure()).toMatchObject({ code: 0 });
    expect(builds()).toBe(1);
  });
});

describe('an entry point', () => {
  const entry = `import { isRightNode } from './scripts/right-node.mjs';
if (isRightNode(import.meta.url)) {
  console.log('napi', process.versions.napi, process.argv.slice(2).join(), process.env.QM_UNDER_RIGHT_NODE ?? 'free');
  process.exitCode = 7;
}`;

  test('goes on under a Node that is new enough', async () => {
    writeFileSync(at('entry.mjs'), entry);
    expect(await run(process.execPath, [at('entry.mjs'), 'a'])).toEqual({
      code: 7,
      output: `napi ${process.versions.napi} a free\n`,
    });
  });

  test('says what to do where the packages are not installed', async () => {
    writeFileSync(at('entry.mjs'), entry);
    rmSync(at('node_modules'), { recursive: true });
    const { code, output } = await run(process.execPath, [at('entry.mjs')]);
    expect(code).toBe(1);
    expect(output).toContain('npm ci');
  });

  test.skipIf(old === null)('under an older Node says what to do where our own is missing', async () => {
    writeFileSync(at('entry.mjs'), entry);
    const { code, output } = await run(old ?? '', [at('entry.mjs')]);
    expect(code).toBe(1);
    expect(output).toMatch(/needs Node 24.*npm ci/s);
  });

  test.skipIf(old === null)(
    'under an older Node runs again under our own, with its arguments and exit code',
    async () => {
      writeFileSync(at('entry.mjs'), entry);
      cpSync(join(ROOT, 'node_modules/node/bin'), at('node_modules/node/bin'), { recursive: true });
      const { code, output } = await run(old ?? '', [at('entry.mjs'), 'a', 'b c']);
      expect(code).toBe(7);
      expect(output).toBe(`napi ${process.versions.napi} a,b c free\n`);
    },
  );

  test.skipIf(old === null)('under an older Node passes signals on', async () => {
    writeFileSync(
      at('entry.mjs'),
      `import { isRightNode } from './scripts/right-node.mjs';
if (isRightNode(import.meta.url)) { process.on('SIGTERM', () => process.exit(9)); console.log('up'); setInterval(() => {}, 1000); }`,
    );
    cpSync(join(ROOT, 'node_modules/node/bin'), at('node_modules/node/bin'), { recursive: true });
    const child = spawn(old ?? '', [at('entry.mjs')], { stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGTERM');
    expect(await ended).toBe(9);
  });
});

describe('npm start', () => {
  /** Instead of the command line, one that tells how it was called. */
  const withCommandLine = async () => {
    await ensure();
    writeFileSync(at('out/main/qm.js'), `console.log('qm', process.argv.slice(2).join(' '));`);
    mkdirSync(at('node_modules/electron'), { recursive: true });
    writeFileSync(at('node_modules/electron/package.json'), '{"version":"45.4.1"}');
  };
  const start = (env: NodeJS.ProcessEnv, args: string[] = [], account?: number) => {
    if (account !== undefined)
      for (const path of ['', ...readdirSync(project, { recursive: true })])
        chownSync(at(String(path)), account, account);
    return run(process.execPath, [at('scripts/start.mjs'), ...args], { PATH: process.env.PATH, ...env }, account);
  };

  test('R2: opens the browser host where there is no display, and says why in one line', async () => {
    await withCommandLine();
    const { code, output } = await start({});
    expect(code).toBe(0);
    expect(output).toContain('instead of a window of its own: there is no display.\nqm serve\n');
  });

  test('R2: opens the browser host when asked to, and hands its options on', async () => {
    await withCommandLine();
    const { output } = await start({ DISPLAY: ':99' }, ['--browser', '--no-open']);
    expect(output).toContain('qm serve --no-open\n');
  });

  test.skipIf(process.platform !== 'linux')(
    'R1: runs Electron where its runtime is there, and ends as it does',
    async () => {
      await withCommandLine();
      mkdirSync(at('electron-dist'));
      const runtime = (text: string) => {
        writeFileSync(at('electron-dist/electron'), `#!/bin/sh\n${text}\n`);
        chmodSync(at('electron-dist/electron'), 0o755);
      };
      const env = { DISPLAY: ':99', ELECTRON_OVERRIDE_DIST_PATH: at('electron-dist') };
      runtime(`echo "electron $1"`);
      if (isRoot) expect((await start(env)).output).toContain("Electron's sandbox does not work for root.\nqm serve\n");
      const account = isRoot ? NOBODY : undefined;
      expect(await start(env, [], account)).toEqual({ code: 0, output: `electron ${project}\n` });
      runtime('exit 127');
      expect((await start(env, [], account)).output).toContain('Electron has ended at once with 127.\nqm serve\n');
    },
  );
});
