import { StorageError } from '../storage/index.ts';
import type { BackendRow } from './rows.ts';
import type { Opened, Run } from './run.ts';
import { type SurveyAsk, type SurveyCursor, type SurveyPage, type SurveyPart, survey } from './survey.ts';

/**
 * Looks through a backend from a cursor on, page by page, and tries again at the same place when a page fails in passing.
 * Rejects with the `StorageError` when it failed too often in a row.
 */
export async function surveyPatiently(
  run: Run,
  opened: Opened,
  row: BackendRow,
  how: {
    readonly parts: readonly SurveyPart[];
    readonly from: SurveyCursor | null;
    readonly wasListed?: SurveyAsk['wasListed'];
  },
  take: (page: SurveyPage) => Promise<void>,
): Promise<void> {
  const ask: SurveyAsk = {
    ...opened,
    db: run.db,
    userNo: run.userNo(),
    parts: how.parts,
    wasListed: how.wasListed ?? (() => false),
    signal: run.signal,
  };
  let cursor = how.from;
  let failures = 0;
  for (;;) {
    try {
      run.step('before_call');
      for await (const page of survey(ask, cursor)) {
        run.step('after_call');
        failures = 0;
        run.goesOn(row);
        await take(page);
        run.step('after_commit');
        run.requireGoing();
        cursor = page.next;
        if (cursor === null) return;
        await run.requireVault();
        run.step('before_call');
      }
      return;
    } catch (error) {
      if (!(error instanceof StorageError) || !error.passes) throw error;
      failures += 1;
      await pauseAfterFailure(run, row, failures, error);
    }
  }
}

/** Waits before the next of a few tries; throws the failure when there were enough in a row. */
export async function pauseAfterFailure(
  run: Run,
  row: BackendRow,
  failures: number,
  error: StorageError,
): Promise<void> {
  const { downAfter, callBackoffMs } = run.shop.patience;
  if (failures >= downAfter) throw error;
  run.failed(row, error);
  await run.sleep(
    Math.max(callBackoffMs[failures - 1] ?? callBackoffMs.at(-1) ?? 0, Math.min(error.retryAfterMs ?? 0, 60_000)),
  );
  run.requireGoing();
}

/** One call of a backend, tried a few times while it fails in passing. */
export async function patiently<Result>(run: Run, row: BackendRow, call: () => Promise<Result>): Promise<Result> {
  for (let failures = 1; ; failures += 1) {
    try {
      const result = await call();
      run.goesOn(row);
      return result;
    } catch (error) {
      if (!(error instanceof StorageError) || !error.passes) throw error;
      await pauseAfterFailure(run, row, failures, error);
    }
  }
}
