// `npm run bench`: each row of speed against its yardstick, both measured in the same run on the same machine, medians of
// at least five. Prints a table and writes bench/results.json. A row is a default export of tests/bench/*.bench.ts:
//
//   export default { name, goal, runs?, async setUp(env) → state, measures: { ours: async (state) => …, … },
//                    judge(medians) → [{ what, ratio, atMost | atLeast }], async tearDown(state) }
//
// A measure answers milliseconds, or an object with `ms` and further numbers that are written down too. Measures take
// turns, so that a slow minute of the machine hits all of them. `--only NAME` runs the rows whose name contains it, and
// replaces those alone in the file.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { cpus, totalmem } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { isRightNode } from './right-node.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const FOLDER = join(ROOT, 'tests', 'bench');
const BUNDLES = join(ROOT, '.cache', 'bench');
const LEAST_RUNS = 5;

if (isRightNode(import.meta.url)) process.exitCode = await main(process.argv.slice(2));

async function main(args) {
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : '';
  const { setUpTests } = await import('./test-setup.mjs');
  const { env } = await setUpTests();
  Object.assign(process.env, env);
  const { ensureBuild } = await import('./ensure-build.mjs');
  await ensureBuild();

  const files = readdirSync(FOLDER)
    .filter((name) => name.endsWith('.bench.ts'))
    .sort();
  const results = [];
  for (const file of files) {
    const row = await loadRow(file);
    if (!row.name.includes(only)) continue;
    results.push(await measureRow(row, env));
  }
  if (results.length === 0) {
    console.error(only ? `No row is called ${only}.` : 'There are no rows in tests/bench.');
    return 1;
  }
  print(results);
  write(results, only !== '');
  return results.every(({ judged }) => judged.every(({ isMet }) => isMet)) ? 0 : 1;
}

/**
 * Rows import what they measure, and that imports its SQL as text, so they are bundled as the console is. (Vite's own way to
 * run a module would do, but it turns every import into a look-up, which is paid for in the innermost loops.)
 */
async function loadRow(file) {
  const { build } = await import('vite');
  const name = file.replace(/\.ts$/, '.mjs');
  await build({
    root: ROOT,
    configFile: false,
    logLevel: 'error',
    define: { 'import.meta.dirname': JSON.stringify(FOLDER) },
    build: {
      ssr: join(FOLDER, file),
      outDir: BUNDLES,
      emptyOutDir: false,
      minify: false,
      rolldownOptions: { output: { entryFileNames: name } },
    },
  });
  const { default: row } = await import(pathToFileURL(join(BUNDLES, name)).href);
  return row;
}

/** A row that was measured by itself takes the place of its older self; those that the file does not know are left out. */
function write(results, isPart) {
  const file = join(ROOT, 'bench', 'results.json');
  const before = isPart ? (existsSync(file) ? JSON.parse(readFileSync(file, 'utf8')).rows : []) : null;
  const rows = before ? before.map((row) => results.find(({ name }) => name === row.name) ?? row) : results;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify({ machine: machine(), rows }, null, 2)}\n`);
}

async function measureRow(row, env) {
  const runs = Math.max(LEAST_RUNS, row.runs ?? LEAST_RUNS);
  console.log(`\n== ${row.name} (${runs} runs)`);
  const state = await row.setUp(env);
  const samples = Object.fromEntries(Object.keys(row.measures).map((name) => [name, []]));
  try {
    for (let run = 1; run <= runs; run += 1)
      for (const [name, measure] of Object.entries(row.measures)) {
        const measured = await measure(state);
        const sample = typeof measured === 'number' ? { ms: measured } : measured;
        samples[name].push(sample);
        console.log(`  ${run}/${runs} ${name}: ${sample.ms.toFixed(sample.ms < 100 ? 2 : 0)} ms`);
      }
  } finally {
    await row.tearDown?.(state);
  }
  const medians = Object.fromEntries(Object.entries(samples).map(([name, list]) => [name, medianOf(list)]));
  const judged = row.judge(medians).map((verdict) => ({ ...verdict, isMet: isMet(verdict) }));
  return { name: row.name, goal: row.goal, runs, medians, samples, judged };
}

function isMet({ ratio, atMost, atLeast }) {
  return (atMost === undefined || ratio <= atMost) && (atLeast === undefined || ratio >= atLeast);
}

/** The median of each number that the samples carry. */
function medianOf(samples) {
  return Object.fromEntries(Object.keys(samples[0]).map((key) => [key, median(samples.map((sample) => sample[key]))]));
}

function median(numbers) {
  const sorted = [...numbers].sort((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 === 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
}

function print(results) {
  const lines = [['row', 'measured', 'ratio', 'goal', '']];
  for (const { name, medians, judged } of results) {
    const measured = Object.entries(medians)
      .map(([what, { ms }]) => `${what} ${ms.toFixed(ms < 100 ? 2 : 0)} ms`)
      .join(', ');
    for (const [at, { what, ratio, atMost, atLeast, isMet: met }] of judged.entries())
      lines.push([
        at === 0 ? name : '',
        at === 0 ? measured : '',
        `${what} ${ratio.toFixed(2)}`,
        atMost === undefined ? `at least ${atLeast}` : `at most ${atMost}`,
        met ? 'met' : 'MISSED',
      ]);
  }
  const widths = lines[0].map((_cell, column) => Math.max(...lines.map((line) => line[column].length)));
  console.log(
    `\n${lines
      .map((line) =>
        line
          .map((cell, column) => cell.padEnd(widths[column]))
          .join('  ')
          .trimEnd(),
      )
      .join('\n')}`,
  );
}

/** What the numbers were measured on; no name of the machine. */
function machine() {
  return {
    node: process.versions.node,
    platform: `${process.platform}-${process.arch}`,
    cpus: cpus().length,
    model: cpus()[0]?.model ?? 'unknown',
    memoryGiB: Math.round(totalmem() / 2 ** 30),
  };
}
