import { readFileSync, writeFileSync } from 'node:fs';
import { relative } from 'node:path';

/**
 * A reporter beside vitest's own: writes how each test ended into the file that QM_TEST_RESULTS names, so that runs of
 * several projects can be added up. A file that does not load is one failed test; so is an error outside of all tests.
 */
export default class ClosingReporter {
  onTestRunEnd(modules, unhandled) {
    const results = { passed: 0, failed: [], skipped: [] };
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId);
      let isBroken = false;
      for (const error of suiteErrors(module)) {
        isBroken = true;
        results.failed.push({ file, name: '(the file itself)', why: firstLine(error) });
      }
      const tests = [...module.children.allTests()];
      if (tests.length === 0 && !isBroken)
        results.failed.push({ file, name: '(the file itself)', why: 'It holds no test.' });
      for (const test of tests) {
        const { state, errors, note } = test.result();
        if (state === 'passed') results.passed += 1;
        else if (state === 'skipped') results.skipped.push({ file, name: test.fullName, note: note ?? null });
        else results.failed.push({ file, name: test.fullName, why: firstLine(errors?.[0]) ?? state });
      }
    }
    for (const error of unhandled)
      results.failed.push({ file: '', name: '(outside of all tests)', why: firstLine(error) });
    writeFileSync(process.env.QM_TEST_RESULTS, JSON.stringify(results));
  }
}

/** Errors of the file and of its groups: an import, a `beforeAll`. */
function* suiteErrors(suite) {
  yield* suite.errors();
  for (const child of suite.children.suites()) yield* suiteErrors(child);
}

function firstLine(error) {
  return String(error?.message ?? error ?? '').split('\n')[0];
}

/** Which of the missing tools a test file speaks of: why its tests were skipped. */
export function missingFor(file, missing) {
  const text = readFileSync(file, 'utf8');
  return missing.filter(({ words }) => words.test(text));
}
