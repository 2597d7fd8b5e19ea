import type { z } from 'zod';
import { countText, durationText, plural, sizeText } from '../../../contract/figures.ts';
import type { CheckFinding, IndexRun } from '../../../contract/storage.ts';
import type { GlyphKind } from '../../components/Glyph.tsx';

type Finding = z.infer<typeof CheckFinding>;

interface StateWords {
  readonly glyph: GlyphKind;
  readonly word: string;
}

export const RUN_STATES: Readonly<Record<IndexRun['state'], StateWords>> = {
  running: { glyph: 'run', word: 'Running' },
  done: { glyph: 'check', word: 'Done' },
  failed: { glyph: 'bad', word: 'Failed' },
  cancelled: { glyph: 'ring', word: 'Cancelled' },
};

export const OUTCOMES: Readonly<Record<Finding['outcome'], StateWords>> = {
  ok: { glyph: 'check', word: 'Well' },
  warning: { glyph: 'warn', word: 'Look at this' },
  failed: { glyph: 'bad', word: 'Failed' },
  unknown: { glyph: 'ring', word: 'Not known' },
};

export const CHECKS: Readonly<Record<Finding['check'], string>> = {
  reachable: 'Server',
  credentials: 'Credentials',
  bucket: 'Bucket',
  list: 'Listing',
  clock: 'Clock',
  region: 'Region',
  versioning: 'Versions',
  objectLock: 'Object lock',
};

/** What a run did, in a sentence. */
export function resultText(run: IndexRun): string {
  const took = run.endedAt === null ? '' : ` in ${durationText(Date.parse(run.endedAt) - Date.parse(run.startedAt))}`;
  const changes = [
    run.added > 0 ? `${countText(run.added)} added` : null,
    run.changed > 0 ? `${countText(run.changed)} changed` : null,
    run.removed > 0 ? `${countText(run.removed)} gone` : null,
  ].filter((part) => part !== null);
  const foreign =
    run.foreign === 0
      ? ''
      : ` ${plural(run.foreign, 'object')} ${run.foreign === 1 ? 'is' : 'are'} of no user or not the platform’s: kept, not recorded.`;
  return `${plural(run.seen, 'object')} seen${took}, ${sizeText(run.bytes)} on record: ${changes.length === 0 ? 'nothing had changed' : changes.join(', ')}.${foreign}`;
}
