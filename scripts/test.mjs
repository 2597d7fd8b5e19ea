// `npm test`: sets up what tests need, builds, checks types, lint and arrows, and runs every tier. The last line is
// `N passed, N failed, N skipped`. `--nightly` kills a deletion ten times as often; `--only NAME` runs one part.
import { spawn } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isRightNode, ownNode } from './right-node.mjs';

const ROOT = dirname(dirname(fileURLToPath(import.meta.url)));
const PROJECT_LIMIT_MS = { node: 35 * 60_000, faults: 30 * 60_000, e2e: 15 * 60_000 };
const NIGHTLY_LIMIT_MS = 6 * 60 * 60_000;
const CHECKS = { types: 'typecheck', lint: 'lint', arrows: 'arrows' };

if (isRightNode(import.meta.url)) process.exitCode = await main(process.argv.slice(2));

async function main(args) {
  const isNightly = args.includes('--nightly');
  const only = args.includes('--only') ? args[args.indexOf('--only') + 1] : null;
  const { missingFor } = await import('./closing-reporter.mjs');
  const total = { passed: 0, failed: [], skipped: [] };
  const started = Date.now();
  heading('What the tests need');
  const { env, missing } = await (await import('./test-setup.mjs')).setUpTests();

  for (const [name, script] of Object.entries(CHECKS)) {
    if (only && only !== name) continue;
    heading(`Check: ${name}`);
    const code = await start('npm', ['run', '-s', script], {}, 10 * 60_000);
    if (code === 0) total.passed += 1;
    else total.failed.push({ file: '', name: `check: ${name}`, why: `npm run ${script} ended with ${code}` });
  }

  if (!only || only in PROJECT_LIMIT_MS) {
    heading('Build');
    const { ensureBuild } = await import('./ensure-build.mjs');
    try {
      await ensureBuild();
    } catch (error) {
      console.error(error.message);
      total.failed.push({ file: '', name: 'build', why: 'The console does not build.' });
    }
  }
  for (const project of Object.keys(PROJECT_LIMIT_MS)) {
    if (only && only !== project) continue;
    heading(`Tests: ${project}`);
    add(total, await runProject(project, { ...env, ...(isNightly ? { QM_NIGHTLY: '1' } : {}) }, isNightly));
  }
  const isExcused = unexcused(total, missing, missingFor).length === 0;
  report(total, missing, missingFor, started);
  if (process.env.QM_CI && !isExcused) return 1;
  return total.failed.length === 0 ? 0 : 1;
}

async function runProject(project, env, isNightly) {
  const dir = mkdtempSync(join(tmpdir(), 'qm-results-'));
  const file = join(dir, 'results.json');
  const limit = isNightly ? NIGHTLY_LIMIT_MS : PROJECT_LIMIT_MS[project];
  const code = await start(
    ownNode() ?? process.execPath,
    [
      join(ROOT, 'node_modules/vitest/vitest.mjs'),
      'run',
      '--project',
      project,
      '--reporter=default',
      `--reporter=${join(ROOT, 'scripts/closing-reporter.mjs')}`,
    ],
    { ...env, QM_TEST_RESULTS: file },
    limit,
  );
  try {
    const results = JSON.parse(readFileSync(file, 'utf8'));
    // A non-zero end without a failed test is a failure all the same.
    if (code !== 0 && results.failed.length === 0)
      results.failed.push({ file: '', name: `tests: ${project}`, why: `The run ended with ${code}.` });
    return results;
  } catch {
    return {
      passed: 0,
      failed: [
        {
          file: '',
          name: `tests: ${project}`,
          why:
            code === 'time'
              ? `Not done after ${limit / 60_000} minutes.`
              : `The run ended with ${code} and no results.`,
        },
      ],
      skipped: [],
    };
  } finally {
    rmSync(dir, { recursive: true, force: true });
  }
}

function add(total, { passed, failed, skipped }) {
  total.passed += passed;
  total.failed.push(...failed);
  total.skipped.push(...skipped);
}

function report({ passed, failed, skipped }, missing, missingFor, started) {
  if (skipped.length > 0) {
    heading('Skipped');
    for (const one of skipped) console.log(`  ${one.file}: ${one.name}\n      ${whySkipped(one, missing, missingFor)}`);
  }
  if (failed.length > 0) {
    heading('Failed');
    for (const { file, name, why } of failed) console.log(`  ${file ? `${file}: ` : ''}${name}\n      ${why}`);
  }
  console.log(`\nTook ${((Date.now() - started) / 60_000).toFixed(1)} minutes.`);
  console.log(`${passed} passed, ${failed.length} failed, ${skipped.length} skipped`);
}

function whySkipped({ file, note }, missing, missingFor) {
  if (note) return note;
  const needed = missingFor(join(ROOT, file), missing);
  if (needed.length === 0) return 'It is skipped in its own source.';
  return `Needs ${needed.map(({ name, how }) => `${name} (${how})`).join('; ')}.`;
}

/** Skipped although a machine like this one can have all that the test needs: under QM_CI that is a failure. */
function unexcused({ skipped }, missing, missingFor) {
  const left = skipped.filter(
    ({ file }) => !missingFor(join(ROOT, file), missing).some(({ isBeyondReach }) => isBeyondReach),
  );
  if (process.env.QM_CI && left.length > 0)
    console.log(
      `\nSkipped although this machine can have what it needs, which fails the run:\n${left.map(({ file, name }) => `  ${file}: ${name}`).join('\n')}`,
    );
  return left;
}

/** Runs a program with its output on ours; answers its exit code, or 'time' when it took too long. */
function start(program, args, env, limitMs) {
  return new Promise((resolve) => {
    const bin = join(ROOT, 'node_modules', '.bin');
    const child = spawn(program, args, {
      cwd: ROOT,
      stdio: ['ignore', 'inherit', 'inherit'],
      env: { ...process.env, ...env, PATH: `${bin}${process.platform === 'win32' ? ';' : ':'}${process.env.PATH}` },
      shell: process.platform === 'win32',
    });
    const timer = setTimeout(() => {
      child.kill('SIGKILL');
      resolve('time');
    }, limitMs);
    child.once('error', (error) => resolve(error.code));
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      resolve(code ?? signal);
    });
  });
}

function heading(text) {
  console.log(`\n== ${text}`);
}
