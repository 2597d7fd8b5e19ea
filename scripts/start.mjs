// `npm start`: builds what is missing and opens the console: in its own window where Electron's runtime is there or can be had,
// else in a browser on this machine. `npm start -- --browser` asks for the browser; `--no-open` opens no window of it.
import { spawn } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { ensureBuild } from './ensure-build.mjs';
import { isRightNode, ownNode } from './right-node.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
/** A person waits meanwhile, and the browser is as good. */
const FETCH_LIMIT_MS = 45_000;
const PROBE_LIMIT_MS = 4_000;
/** An Electron that cannot start on this system (its sandbox, a missing library) says so at once. */
const STILLBORN_MS = 8_000;

const say = (line) => process.stdout.write(`${line}\n`);

if (isRightNode(import.meta.url)) {
  try {
    await ensureBuild({ say });
    await start(process.argv.slice(2));
  } catch (error) {
    console.error(error.message);
    process.exitCode = 1;
  }
}

async function start(args) {
  const reason = args.includes('--browser') ? 'as asked' : await startDesktop();
  if (reason === null) return;
  say(`Opening the console in a browser instead of a window of its own: ${reason}.`);
  const rest = args.filter((arg) => arg !== '--browser');
  process.argv = [process.execPath, join(ROOT, 'out', 'main', 'qm.js'), 'serve', ...rest];
  await import(pathToFileURL(process.argv[1]).href);
}

/** Null once the desktop has run; otherwise why it has not, to be put after "instead …:". */
async function startDesktop() {
  if (process.platform === 'linux' && !process.env.DISPLAY && !process.env.WAYLAND_DISPLAY)
    return 'there is no display';
  if (process.platform === 'linux' && process.getuid() === 0) return "Electron's sandbox does not work for root";
  let runtime = electronRuntime();
  if (runtime === null) {
    const problem = await fetchRuntime();
    if (problem) return `Electron's runtime is not installed and ${problem}`;
    runtime = electronRuntime();
  }
  if (runtime === null) return "Electron's runtime is not installed";
  const started = Date.now();
  const code = await runElectron(runtime);
  if (code !== 0 && Date.now() - started < STILLBORN_MS) return `Electron has ended at once with ${code}`;
  process.exitCode = code;
  return null;
}

/** The executable that the electron package would start, without asking the package: importing it would download. */
function electronRuntime() {
  const home = dirname(createRequire(import.meta.url).resolve('electron/package.json'));
  const folder = process.env.ELECTRON_OVERRIDE_DIST_PATH ?? join(home, 'dist');
  const names = { darwin: 'Electron.app/Contents/MacOS/Electron', win32: 'electron.exe' };
  const path = join(folder, names[process.platform] ?? 'electron');
  return existsSync(path) ? path : null;
}

/** Null if the runtime was brought, else why not. */
async function fetchRuntime() {
  const isBehindProxy = ['HTTPS_PROXY', 'https_proxy', 'ELECTRON_MIRROR', 'npm_config_electron_mirror'].some(
    (name) => process.env[name],
  );
  if (!isBehindProxy) {
    const problem = await probe('https://github.com/electron/electron/releases');
    if (problem) return `cannot be fetched (${problem})`;
  }
  const { version } = JSON.parse(readFileSync(join(ROOT, 'node_modules/electron/package.json'), 'utf8'));
  say(
    `Fetching Electron ${version} (about 110 MB; given up after ${FETCH_LIMIT_MS / 1000} s: "npx install-electron" has no limit) …`,
  );
  return await new Promise((resolve) => {
    const child = spawn(ownNode() ?? process.execPath, [join(ROOT, 'node_modules/electron/install.js')], {
      cwd: ROOT,
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: FETCH_LIMIT_MS,
      killSignal: 'SIGKILL',
    });
    let complaint = '';
    child.stderr.on('data', (chunk) => {
      complaint += chunk;
    });
    child.once('error', (error) => resolve(`cannot be fetched (${error.message})`));
    child.once('exit', (code, signal) => {
      if (code === 0) resolve(null);
      else if (signal) resolve(`was not fetched within ${FETCH_LIMIT_MS / 1000} s`);
      else
        resolve(
          `cannot be fetched (${/\b(E[A-Z_]{4,}|HTTPError[^\n]*|Error: [^\n]*)/.exec(complaint)?.[1] ?? `exit ${code}`})`,
        );
    });
  });
}

async function probe(url) {
  try {
    await fetch(url, { method: 'HEAD', redirect: 'manual', signal: AbortSignal.timeout(PROBE_LIMIT_MS) });
    return null;
  } catch (error) {
    return error.name === 'TimeoutError'
      ? 'no answer from github.com'
      : `no network: ${error.cause?.code ?? error.message}`;
  }
}

function runElectron(runtime) {
  return new Promise((resolve, reject) => {
    const child = spawn(runtime, [ROOT], { stdio: 'inherit' });
    for (const signal of ['SIGTERM', 'SIGHUP']) process.on(signal, () => child.kill(signal));
    process.on('SIGINT', () => {}); // Ctrl-C reaches the window's process by itself.
    child.once('error', reject);
    child.once('exit', (code, signal) => resolve(signal ? 128 : (code ?? 1)));
  });
}
