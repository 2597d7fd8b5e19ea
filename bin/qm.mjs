#!/usr/bin/env node
// The command line. Runs under this package's own Node where the system's is too old, and in a checkout builds what is
// missing or older than its sources; an installed package brings its build along.
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isRightNode } from '../scripts/right-node.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const isCheckout = existsSync(join(ROOT, 'src')) && existsSync(join(ROOT, 'node_modules', 'electron-vite'));

// npm runs scripts in the package's folder; paths that were typed are meant from where they were typed.
const { npm_lifecycle_event: script, INIT_CWD: typedIn } = process.env;
if (script === 'qm' && typedIn && existsSync(typedIn)) process.chdir(typedIn);

if (isRightNode(import.meta.url)) {
  try {
    if (isCheckout && !process.env.QM_NO_BUILD) {
      const { ensureBuild } = await import('../scripts/ensure-build.mjs');
      await ensureBuild({ say: saysNothing() ? () => {} : undefined });
    }
    await import(pathToFileURL(join(ROOT, 'out', 'main', 'qm.js')).href);
  } catch (error) {
    if (process.argv.includes('--json'))
      console.log(JSON.stringify({ error: { code: 'NOT_BUILT', message: error.message, data: null } }));
    else console.error(error.message);
    process.exit(1);
  }
}

/** With --json standard error carries JSON lines alone. */
function saysNothing() {
  return process.argv.includes('--json');
}
