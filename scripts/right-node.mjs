// Entry points call this before they load anything else. better-sqlite3 needs Node-API 10: under an older Node it does not
// fail with a message, the process simply crashes. The right Node is a development dependency of this package, so that
// it is there wherever `npm ci` was run.
import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { constants } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const NEEDED_NAPI = 10;
const GUARD = 'QM_UNDER_RIGHT_NODE';

/** The Node that this package brings along, or null where it is not installed. */
export function ownNode() {
  for (const name of ['node', 'node.exe']) {
    const path = join(ROOT, 'node_modules', 'node', 'bin', name);
    if (existsSync(path)) return path;
  }
  return null;
}

/**
 * Answers true where the caller can go on. Otherwise the same program is run again under this package's own Node and this
 * process ends as that one does; or, where it is missing, it ends with a sentence that says what to do.
 */
export function isRightNode(entryUrl) {
  if (!existsSync(join(ROOT, 'node_modules')))
    end(`The packages of Quartermaster are not installed yet. In ${ROOT} run: npm ci`);
  if (Number(process.versions.napi) >= NEEDED_NAPI) {
    // The guard is for one step only: whatever this process starts may stand under an older Node again.
    delete process.env[GUARD];
    return true;
  }
  const node = ownNode();
  if (node === null || process.env[GUARD])
    end(
      `Quartermaster needs Node 24; this is Node ${process.versions.node}, and its own copy in node_modules/node is ` +
        `missing. In ${ROOT} run: npm ci (without --ignore-scripts)`,
    );
  runAgain(node, [fileURLToPath(entryUrl), ...process.argv.slice(2)]);
  return false;
}

function end(sentence) {
  console.error(sentence);
  process.exit(1);
}

function runAgain(node, args) {
  const child = spawn(node, args, { stdio: 'inherit', env: { ...process.env, [GUARD]: '1' } });
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'])
    process.on(signal, () => {
      // Ctrl-C reaches every process of the terminal by itself; sent twice it would mean "at once".
      if (signal !== 'SIGINT' || !process.stdin.isTTY) child.kill(signal);
    });
  child.once('error', (error) => end(`Node 24 could not be started: ${error.message}`));
  child.once('exit', (code, signal) => process.exit(code ?? 128 + (constants.signals[signal] ?? 0)));
}
