import { execFile } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '..', '..');

interface Report {
  readonly summary: {
    readonly violations: readonly { readonly from: string; readonly rule: { readonly name: string } }[];
  };
}

/** A small tree with the real rules over it; what it may contain besides is what every file of it needs to be found. */
async function violationsIn(files: Readonly<Record<string, string>>): Promise<string[]> {
  const dir = mkdtempSync(join(tmpdir(), 'qm-arrows-'));
  try {
    for (const [path, text] of Object.entries(files)) {
      mkdirSync(dirname(join(dir, path)), { recursive: true });
      writeFileSync(join(dir, path), text);
    }
    const report = await cruise(dir);
    return report.summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`).sort();
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function cruise(cwd: string): Promise<Report> {
  const program = join(ROOT, 'node_modules/dependency-cruiser/bin/dependency-cruiser.mjs');
  const config = join(ROOT, '.dependency-cruiser.mjs');
  return new Promise((resolve, reject) => {
    execFile(
      process.execPath,
      [program, '--config', config, '--output-type', 'json', 'src'],
      { cwd, timeout: 60_000, maxBuffer: 64 * 1024 * 1024 },
      (error, stdout) => {
        try {
          resolve(JSON.parse(stdout) as Report); // The tool's own report.
        } catch {
          reject(error ?? new Error('no report'));
        }
      },
    );
  });
}

/** One file of each room, importing only what it may. */
const sound: Readonly<Record<string, string>> = {
  'src/contract/users.ts': "import { z } from './zod.ts';\nexport const User = z;\n",
  'src/contract/zod.ts': 'export const z = 1;\n',
  'src/contract/index.ts': "export * from './users.ts';\n",
  'src/renderer/main.tsx': "import { User } from '../contract/index.ts';\nexport const page = <b>{User}</b>;\n",
  'src/preload/index.ts': 'export const preload = 1;\n',
  'src/main/secret.ts': 'export const secret = 1;\n',
  'src/main/database/index.ts': "export * from './open.ts';\n",
  'src/main/database/open.ts': 'export type Db = number;\nexport const open = 1;\n',
  'src/main/audit/index.ts': "import type { Db } from '../database/index.ts';\nexport type Audit = Db;\n",
  'src/main/vault/index.ts': "import type { Audit } from '../audit/index.ts';\nexport type Vault = Audit;\n",
  'src/main/users/index.ts': "export * from './list.ts';\n",
  'src/main/users/list.ts': "import { User } from '../../contract/index.ts';\nexport const list = User;\n",
  'src/main/quotas/index.ts': "import { list } from '../users/index.ts';\nexport const quotas = list;\n",
  'src/main/router/index.ts': "import { list } from '../users/index.ts';\nexport const router = list;\n",
  'src/main/console.ts': "import { router } from './router/index.ts';\nexport const console_ = router;\n",
  'src/main/hosts/serve/serve.ts': "import { console_ } from '../../console.ts';\nexport const serve = console_;\n",
  'src/main/hosts/cli/main.ts': "import { serve } from '../serve/serve.ts';\nexport const cli = serve;\n",
  'src/main/hosts/desktop/window.ts': "import { app } from 'electron';\nexport const window_ = app;\n",
  'src/main/index.ts': "import { window_ } from './hosts/desktop/window.ts';\nexport const entry = window_;\n",
  'node_modules/electron/package.json': '{"name":"electron","main":"index.js"}',
  'node_modules/electron/index.js': 'exports.app = 1;\n',
  'scripts/build.mjs': 'export const build = 1;\n',
};

const forbidden: readonly (readonly [what: string, file: string, text: string, rule: string])[] = [
  [
    'the contract imports the console',
    'src/contract/bad.ts',
    "import '../main/secret.ts';\n",
    'contract-imports-nothing-of-ours',
  ],
  [
    '… even a type alone',
    'src/contract/bad.ts',
    "import type { Db } from '../main/database/index.ts';\nexport type X = Db;\n",
    'contract-imports-nothing-of-ours',
  ],
  [
    'the page imports the console',
    'src/renderer/bad.tsx',
    "import { secret } from '../main/secret.ts';\nexport const x = <i>{secret}</i>;\n",
    'renderer-imports-contract-alone',
  ],
  [
    '… by a late import',
    'src/renderer/bad.tsx',
    "export const x = () => import('../main/secret.ts');\n",
    'renderer-imports-contract-alone',
  ],
  [
    'the preload imports the console',
    'src/preload/bad.ts',
    "export * from '../main/secret.ts';\n",
    'preload-stands-alone',
  ],
  [
    'the console imports the page',
    'src/main/users/bad.ts',
    "import '../../renderer/main.tsx';\n",
    'main-knows-no-page',
  ],
  [
    'a domain imports the router',
    'src/main/users/bad.ts',
    "import type { router } from '../router/index.ts';\nexport type X = typeof router;\n",
    'domains-do-not-look-up',
  ],
  [
    'a domain imports a host',
    'src/main/quotas/bad.ts',
    "import '../hosts/serve/serve.ts';\n",
    'domains-do-not-look-up',
  ],
  ['a domain imports the console', 'src/main/quotas/bad.ts', "import '../console.ts';\n", 'domains-do-not-look-up'],
  [
    'the database imports the router',
    'src/main/database/bad.ts',
    "import '../router/index.ts';\n",
    'domains-do-not-look-up',
  ],
  [
    'the router imports a host',
    'src/main/router/bad.ts',
    "import '../hosts/cli/main.ts';\n",
    'router-and-console-know-no-host',
  ],
  [
    'the router imports the console',
    'src/main/router/bad.ts',
    "import '../console.ts';\n",
    'router-is-below-the-console',
  ],
  [
    'the database imports a domain',
    'src/main/database/bad.ts',
    "import '../users/index.ts';\n",
    'ground-stands-below-the-domains',
  ],
  [
    'a domain reaches into another',
    'src/main/quotas/bad.ts',
    "import '../users/list.ts';\n",
    'through-the-index-of-another',
  ],
  [
    'a host reaches into a domain',
    'src/main/hosts/cli/bad.ts',
    "import '../../users/list.ts';\n",
    'through-the-index-of-another',
  ],
  ['the console reaches into a domain', 'src/main/bad.ts', "import './users/list.ts';\n", 'through-the-index'],
  ['another host imports Electron', 'src/main/hosts/cli/bad.ts', "import 'electron';\n", 'electron-in-its-own-room'],
  [
    'a domain imports Electron',
    'src/main/users/bad.ts',
    "import type { app } from 'electron';\nexport type X = typeof app;\n",
    'electron-in-its-own-room',
  ],
  [
    'another host imports the desktop',
    'src/main/hosts/cli/bad.ts',
    "import '../desktop/window.ts';\n",
    'desktop-is-started-by-the-entry-alone',
  ],
  ['an import leads nowhere', 'src/main/users/bad.ts', "import './gone.ts';\n", 'every-import-is-found'],
];

describe('arrows point down the picture only', () => {
  test('a sound tree has no violation', async () => {
    expect(await violationsIn(sound)).toEqual([]);
  });

  describe('each forbidden one is an error', () => {
    // One tree for all, each in a file of its own: the tool takes most of its time to start.
    const fileOf = (at: number, file: string): string => file.replace('/bad.', `/bad-${at}.`);
    const all = Object.fromEntries(forbidden.map(([, file, text], at) => [fileOf(at, file), text]));
    let violations: string[] = [];

    beforeAll(async () => {
      violations = await violationsIn({ ...sound, ...all });
    });

    test.each(forbidden.map(([what, file, , rule], at) => [what, fileOf(at, file), rule] as const))(
      '%s',
      (_what, file, rule) => {
        expect(violations).toContain(`${file}: ${rule}`);
      },
    );

    test('and nothing else is', () => {
      expect(violations.filter((violation) => !violation.includes('/bad-'))).toEqual([]);
    });
  });

  test('this tree has none', async () => {
    const report = await cruise(ROOT);
    expect(report.summary.violations.map(({ from, rule }) => `${from}: ${rule.name}`)).toEqual([]);
  }, 60_000);
});
