// Finds or gets what tests need beyond npm, and says what is not to be had.
//
// npm's and Go's things go into caches of the project's own. System packages are installed only as root on a Debian-like
// system (a container, CI), and that is said aloud; elsewhere what is missing is named with the command that brings it.
import { execFile } from 'node:child_process';
import { accessSync, constants, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const CACHE = join(ROOT, '.cache');
const OLD_NODE = join(CACHE, 'node-20');
const GO_BUILD_LIMIT_MS = 15 * 60_000;
const APT_LIMIT_MS = 10 * 60_000;

/**
 * What tests drive. `words` are what test files that need it speak of; `env` is where its path is told to them. The
 * versions of MinIO and its client are the last ones whose source builds by itself; later ones are not published so.
 */
export const tools = [
  {
    name: 'Chromium',
    env: ['QM_CHROMIUM', 'QM_CHROMIUM_BIN'],
    words: /chromium/i,
    find: () =>
      firstExecutable(
        ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome'],
        ['/Applications/Google Chrome.app/Contents/MacOS/Google Chrome'],
      ),
    get: getPlaywrightsChromium,
    packages: ['chromium'],
    how: 'apt-get install chromium, or npx playwright-core install chromium',
  },
  {
    name: 'Secret Service',
    env: ['QM_GNOME_KEYRING_BIN'],
    words: /keyring/i,
    platforms: ['linux'],
    find: () =>
      onPath('dbus-run-session') && onPath('dbus-daemon') && onPath('dbus-send')
        ? onPath('gnome-keyring-daemon', ['/usr/bin'])
        : null,
    packages: ['gnome-keyring', 'dbus'],
    how: 'apt-get install gnome-keyring dbus',
  },
  {
    name: 'Apache with mod_dav',
    env: ['QM_APACHE_BIN'],
    words: /apache/i,
    platforms: ['linux'],
    find: () => (existsSync('/usr/lib/apache2/modules/mod_dav_fs.so') ? onPath('apache2', ['/usr/sbin']) : null),
    // The programs alone: this package brings no service that would be started.
    packages: ['apache2-bin'],
    how: 'apt-get install apache2-bin',
  },
  {
    name: 'rclone',
    env: ['QM_RCLONE_BIN'],
    words: /rclone/,
    find: () => onPath('rclone', ['/usr/bin']),
    packages: ['rclone'],
    how: 'apt-get install rclone',
  },
  {
    // What a machine is likely to have that has no newer one: every entry point has to go on under it.
    name: 'Node 20',
    env: ['QM_OLD_NODE'],
    words: /QM_OLD_NODE/,
    find: findOldNode,
    get: getOldNode,
    how: 'any Node 20, named by QM_OLD_NODE',
  },
  goTool('MinIO', 'QM_MINIO_BIN', 'minio', /minio/i, 'github.com/minio/minio@v0.0.0-20260212201848-7aac2a2c5b7c'),
  goTool('mc', 'QM_MC_BIN', 'mc', /\bfindMc\b|\bmc\b/, 'github.com/minio/mc@v0.0.0-20250313080218-cf909e1063a9'),
  goTool(
    'versitygw',
    'QM_VERSITYGW_BIN',
    'versitygw',
    /versitygw/i,
    'github.com/versity/versitygw/cmd/versitygw@v1.8.0',
  ),
];

/** What this machine cannot bring by itself, as far as it is known: tests that need it are skipped and that is no fault. */
export const beyondReach = [
  {
    name: "Electron's runtime",
    words: /findElectron|launchElectron/,
    isThere: () => electronRuntime() !== null,
    how: 'npx install-electron (downloads it from github.com)',
  },
];

/** Finds everything, gets what can be got, and answers the environment for the tests and what is missing. */
export async function setUpTests({ say = (line) => console.log(line) } = {}) {
  const env = {};
  const missing = [];
  const wanted = tools.filter((tool) => !tool.platforms || tool.platforms.includes(process.platform));
  const found = new Map();
  for (const tool of wanted) found.set(tool, await look(tool));
  await installPackages(
    wanted.filter((tool) => !found.get(tool) && tool.packages && !tool.get).flatMap((tool) => tool.packages),
    say,
  );
  for (const tool of wanted) {
    let path = found.get(tool) ?? (await look(tool));
    if (!path && tool.get) path = await tool.get(say).catch((error) => problem(tool, error, say));
    if (!path && tool.get && tool.packages) {
      await installPackages(tool.packages, say);
      path = await look(tool);
    }
    if (path) for (const name of tool.env) env[name] = path;
    // Where this may not install anything, what is missing is somebody else's to bring.
    else missing.push({ name: tool.name, how: tool.how, words: tool.words, isBeyondReach: !mayInstall() });
  }
  for (const tool of wanted) if (env[tool.env[0]]) say(`  ${tool.name}: ${env[tool.env[0]]}`);
  for (const thing of beyondReach)
    if (!thing.isThere()) missing.push({ name: thing.name, how: thing.how, words: thing.words, isBeyondReach: true });
  for (const { name, how } of missing) say(`  ${name}: missing. ${how}`);
  return { env, missing };
}

async function look(tool) {
  const named = process.env[tool.env[0]];
  if (named) {
    if (isExecutable(named)) return named;
    throw new Error(`${tool.env[0]} names ${named}, which is not a program.`);
  }
  return tool.find();
}

function problem(tool, error, say) {
  say(
    `  ${tool.name} could not be got: ${String(error.stderr || error.message)
      .trim()
      .split('\n')
      .slice(-3)
      .join(' ')}`,
  );
  return null;
}

function isExecutable(path) {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

function onPath(name, more = []) {
  const folders = [...(process.env.PATH ?? '').split(delimiter), ...more];
  const suffix = process.platform === 'win32' ? '.exe' : '';
  return folders.map((folder) => join(folder, name + suffix)).find(isExecutable) ?? null;
}

function firstExecutable(names, paths) {
  for (const name of names) {
    const path = onPath(name);
    if (path) return path;
  }
  return paths.find(isExecutable) ?? null;
}

/** A server or client that is built from a pinned version of its source, once, into the project's cache. */
function goTool(name, variable, program, words, source) {
  const built = join(CACHE, 'bin', program);
  const version = source.split('@')[1];
  return {
    name,
    env: [variable],
    words,
    async find() {
      const candidates = [onPath(program), built, join(homedir(), 'go', 'bin', program)];
      for (const path of candidates) if (path && isExecutable(path) && (await isWhatItSays(path, name))) return path;
      return null;
    },
    async get(say) {
      const go = onPath('go', ['/usr/local/go/bin', '/usr/lib/go/bin']) ?? (await installGo(say));
      if (!go) throw new Error('Go is not installed');
      say(`  Building ${name} ${version} from source (once, into .cache/bin; MinIO takes about three minutes) …`);
      const fresh = join(CACHE, `go-${process.pid}`);
      mkdirSync(fresh, { recursive: true });
      try {
        await run(go, ['install', '-trimpath', source], {
          env: { ...process.env, GOBIN: fresh, GOFLAGS: '', CGO_ENABLED: '0' },
          timeout: GO_BUILD_LIMIT_MS,
          maxBuffer: 64 * 1024 * 1024,
        });
        mkdirSync(dirname(built), { recursive: true });
        renameSync(join(fresh, program), built);
      } finally {
        rmSync(fresh, { recursive: true, force: true });
      }
      return built;
    },
    how: `go install ${source}`,
  };
}

/** `mc` is also the name of a file browser. */
async function isWhatItSays(path, name) {
  try {
    const { stdout, stderr } = await run(path, ['--version'], { timeout: 20_000 });
    const text = `${stdout}${stderr}`;
    if (name === 'mc') return /^mc version/m.test(text);
    return name === 'MinIO' ? /^minio version/m.test(text) : text !== '';
  } catch {
    return false;
  }
}

async function installGo(say) {
  await installPackages(['golang-go'], say);
  return onPath('go', ['/usr/local/go/bin', '/usr/lib/go/bin']);
}

async function findOldNode() {
  const cached = join(OLD_NODE, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node');
  for (const path of ['/usr/bin/node', '/usr/local/bin/node', cached].filter(isExecutable)) {
    const { stdout } = await run(path, ['-p', 'process.versions.napi'], { timeout: 20_000 }).catch(() => ({
      stdout: '',
    }));
    if (Number(stdout) > 0 && Number(stdout) < 10) return path;
  }
  return null;
}

async function getOldNode(say) {
  if (process.platform !== 'linux') return null;
  say('  Getting Node 20 (once, into .cache) …');
  mkdirSync(OLD_NODE, { recursive: true });
  const parts = [
    'install',
    '--prefix',
    OLD_NODE,
    '--no-save',
    '--no-audit',
    '--no-fund',
    `node-linux-${process.arch}@20.20.2`,
  ];
  await run('npm', parts, { timeout: 5 * 60_000 });
  return findOldNode();
}

async function getPlaywrightsChromium(say) {
  const { chromium } = await import('playwright-core');
  if (existsSync(chromium.executablePath())) return chromium.executablePath();
  say("  Getting Playwright's Chromium …");
  await run(process.execPath, [join(ROOT, 'node_modules/playwright-core/cli.js'), 'install', 'chromium'], {
    timeout: 3 * 60_000,
    maxBuffer: 16 * 1024 * 1024,
  });
  const path = chromium.executablePath();
  await run(path, ['--version'], { timeout: 20_000 }); // Its libraries may be missing: then it is of no use.
  return path;
}

let hasUpdated = false;

function mayInstall() {
  return process.platform === 'linux' && process.getuid() === 0 && onPath('apt-get', ['/usr/bin']) !== null;
}

/** Debian's packages, only as root on a Debian-like system. No service is started by what is installed here. */
async function installPackages(packages, say) {
  if (packages.length === 0 || !mayInstall()) return;
  const apt = onPath('apt-get', ['/usr/bin']);
  const env = { ...process.env, DEBIAN_FRONTEND: 'noninteractive', RUNLEVEL: '1' };
  const options = { env, timeout: APT_LIMIT_MS, maxBuffer: 64 * 1024 * 1024 };
  say(`  Installing system packages as root: ${packages.join(' ')} …`);
  try {
    if (!hasUpdated) await run(apt, ['update', '-q'], options);
    hasUpdated = true;
    await run(apt, ['install', '-y', '-q', '--no-install-recommends', ...packages], options);
  } catch (error) {
    say(
      `  That failed: ${String(error.stderr || error.message)
        .trim()
        .split('\n')
        .slice(-2)
        .join(' ')}`,
    );
  }
}

function electronRuntime() {
  const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(ROOT, 'node_modules', 'electron', 'dist');
  const names = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };
  const path = join(folder, names[process.platform] ?? 'electron');
  return existsSync(path) ? path : null;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  const { missing } = await setUpTests();
  process.exitCode = missing.some(({ isBeyondReach }) => !isBeyondReach) ? 1 : 0;
}
