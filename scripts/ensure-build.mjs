// Builds out/ when it is missing or older than what it is made of. Safe to call from many processes at once: one builds,
// the others wait for it. `node scripts/ensure-build.mjs` does it by hand; `--force` builds in any case.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isRightNode, ownNode } from './right-node.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const OUT = join(ROOT, 'out');
const STAMP = join(OUT, 'build.json');
const CACHE = join(ROOT, '.cache');
const LOCK = join(CACHE, 'build.lock');
const SINGLE_FILES = ['electron.vite.config.ts', 'package.json', 'package-lock.json', 'tsconfig.base.json'];
const PARTS = [
  'main/index.js',
  'main/qm.js',
  'main/worker.js',
  'main/reader.js',
  'preload/index.cjs',
  'renderer/index.html',
];
const BUILD_LIMIT_MS = 5 * 60_000;
/** A lock whose process is gone is taken away; one that nobody has written into yet is given this long. */
const UNWRITTEN_LOCK_MS = 5_000;

/** Answers the folder of the build, after building it if need be. `say` is told what is going on. */
export async function ensureBuild({ force = false, say = (line) => process.stderr.write(`${line}\n`) } = {}) {
  if (!force && isFresh()) return OUT;
  mkdirSync(CACHE, { recursive: true });
  await takeLock(say);
  try {
    if (force || !isFresh()) await build(say);
  } finally {
    rmSync(LOCK, { force: true });
  }
  return OUT;
}

/** Sizes and times first, contents only where those differ: a fresh clone has new times, a changed file new contents. */
function isFresh() {
  const stamp = readStamp();
  if (!stamp) return false;
  const files = inputs();
  const quick = quickDigest(files);
  if (stamp.quick === quick) return true;
  if (stamp.contents !== contentsDigest(files)) return false;
  writeFileSync(STAMP, JSON.stringify({ ...stamp, quick }));
  return true;
}

function readStamp() {
  try {
    for (const part of PARTS) statSync(join(OUT, part));
    return JSON.parse(readFileSync(STAMP, 'utf8'));
  } catch {
    return null;
  }
}

function inputs() {
  const sources = readdirSync(join(ROOT, 'src'), { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && !/\.test\.tsx?$/.test(entry.name))
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name));
  return [...sources, ...SINGLE_FILES.map((name) => join(ROOT, name))].sort();
}

function quickDigest(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const { size, mtimeMs } = statSync(file);
    hash.update(`${relative(ROOT, file)}\0${size}\0${mtimeMs}\n`);
  }
  return hash.digest('hex');
}

function contentsDigest(files) {
  const hash = createHash('sha256');
  for (const file of files) {
    const content = readFileSync(file);
    hash.update(`${relative(ROOT, file)}\0${content.length}\n`).update(content);
  }
  return hash.digest('hex');
}

/** Builds beside `out` and swaps at the end, so that nobody ever sees half of a build. */
async function build(say) {
  say('Building the console …');
  const started = Date.now();
  const files = inputs();
  const stamp = { quick: quickDigest(files), contents: contentsDigest(files) };
  const fresh = join(CACHE, `build-${process.pid}`);
  const old = join(CACHE, `old-${process.pid}`);
  rmSync(fresh, { recursive: true, force: true });
  try {
    // Absolute: a relative one is taken from the root of each of the three builds, and the page's is its own folder.
    await run([join(ROOT, 'node_modules/electron-vite/bin/electron-vite.js'), 'build', '--outDir', fresh]);
    for (const part of PARTS) if (!existsSync(join(fresh, part))) throw new Error(`The build has made no ${part}.`);
    writeFileSync(join(fresh, 'build.json'), JSON.stringify(stamp));
    rmSync(old, { recursive: true, force: true });
    try {
      renameSync(OUT, old);
    } catch (error) {
      if (error.code !== 'ENOENT') throw error;
    }
    renameSync(fresh, OUT);
  } finally {
    rmSync(fresh, { recursive: true, force: true });
    rmSync(old, { recursive: true, force: true });
  }
  say(`Built in ${((Date.now() - started) / 1000).toFixed(1)} s.`);
}

function run(args) {
  return new Promise((resolve, reject) => {
    const child = spawn(ownNode() ?? process.execPath, args, {
      cwd: ROOT,
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: BUILD_LIMIT_MS,
      env: { ...process.env, NODE_ENV: 'production' },
    });
    let output = '';
    const collect = (chunk) => {
      output += chunk;
    };
    child.stdout.on('data', collect);
    child.stderr.on('data', collect);
    child.once('error', reject);
    child.once('exit', (code, signal) => {
      if (code === 0) resolve();
      else reject(new Error(`The build failed (${signal ?? code}):\n${output}`));
    });
  });
}

async function takeLock(say) {
  let isSaid = false;
  const deadline = Date.now() + BUILD_LIMIT_MS;
  for (;;) {
    try {
      writeFileSync(LOCK, String(process.pid), { flag: 'wx' });
      return;
    } catch (error) {
      if (error.code !== 'EEXIST') throw error;
    }
    if (isAbandoned()) rmSync(LOCK, { force: true });
    else if (Date.now() > deadline)
      throw new Error(`Another build has held ${LOCK} for five minutes. Remove the file if none is running.`);
    else {
      if (!isSaid) say('Waiting for another build …');
      isSaid = true;
      await sleep(200);
    }
  }
}

function isAbandoned() {
  try {
    const text = readFileSync(LOCK, 'utf8');
    if (text === '') return Date.now() - statSync(LOCK).mtimeMs > UNWRITTEN_LOCK_MS;
    process.kill(Number(text), 0);
    return false;
  } catch (error) {
    return error.code === 'ESRCH' || error.code === 'ENOENT';
  }
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href && isRightNode(import.meta.url)) {
  try {
    await ensureBuild({ force: process.argv.includes('--force') });
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}
