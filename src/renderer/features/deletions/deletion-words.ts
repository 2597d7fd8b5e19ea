import type { Deletion, Plan } from '../../../contract/deletions.ts';
import { plural, sizeText } from '../../../contract/figures.ts';
import type { GlyphKind } from '../../components/Glyph.tsx';
import { shortened } from '../../components/shortened.ts';
import type { Backend } from './progress.ts';

type Finality = Backend['finality'];

/** How final a removal is, as far as the server says; never more than the provider does. */
export const FINALITY_WORDS: Readonly<Record<Finality, string>> = {
  final: 'Final',
  trash: 'Goes to the server’s trash, for as long as it keeps it',
  retained: 'Some stays for a time: locked, or kept as versions',
  unknown: 'The server does not say what it keeps',
};

const KIND_WORDS: Readonly<Record<Backend['kind'], string>> = { folder: 'folder', s3: 'S3', webdav: 'WebDAV' };

export function placeWords({ kind, cloud }: Pick<Backend, 'kind' | 'cloud'>): string {
  return cloud ? `user’s cloud, ${KIND_WORDS[kind]}` : `platform’s store, ${KIND_WORDS[kind]}`;
}

/** Whom a deletion is about, wherever it is named: the mail address is erased with the user. */
export function subjectOf({ mail, userId }: Pick<Deletion, 'mail' | 'userId'>): string {
  return mail ?? `Deleted user ${shortened(userId)}`;
}

interface StateWords {
  readonly glyph: GlyphKind;
  readonly word: string;
}

const STATES: Readonly<Record<Deletion['state'], StateWords>> = {
  closing: { glyph: 'run', word: 'Running' },
  clouds: { glyph: 'run', word: 'Running' },
  store: { glyph: 'run', word: 'Running' },
  verifying: { glyph: 'run', word: 'Verifying' },
  review: { glyph: 'clock', word: 'In review' },
  revoking: { glyph: 'run', word: 'Running' },
  finishing: { glyph: 'run', word: 'Finishing' },
  certifying: { glyph: 'run', word: 'Finishing' },
  done: { glyph: 'check', word: 'Done' },
  waiting: { glyph: 'clock', word: 'Waits' },
  paused: { glyph: 'pause', word: 'Paused' },
  cancelled: { glyph: 'ring', word: 'Called off' },
};

export function stateWords({ state }: Pick<Deletion, 'state'>): StateWords {
  return STATES[state];
}

export function laneWords(backend: Backend): StateWords {
  switch (backend.state) {
    case 'due':
      return { glyph: 'ring', word: backend.cloud ? 'Due' : 'After clouds' };
    case 'running':
      return { glyph: 'run', word: 'Running' };
    case 'verifying':
      return { glyph: 'run', word: 'Listed again' };
    case 'waiting':
      return { glyph: 'clock', word: 'Waits' };
    case 'skipped':
      return { glyph: 'warn', word: 'Left behind' };
    case 'done':
      return backend.leftovers > 0
        ? { glyph: 'warn', word: plural(backend.leftovers, 'leftover') }
        : { glyph: 'check', word: 'Verified' };
  }
}

/** How much of a plan is final at once, in a sentence; the second half is empty where all is. */
export function leadOf({ backends }: Pick<Plan, 'backends'>): {
  readonly total: string;
  readonly final: string;
  readonly rest: string;
} {
  const count = (wanted: readonly Finality[]) =>
    backends.filter(({ finality }) => wanted.includes(finality)).reduce((sum, backend) => sum + backend.count, 0);
  const all = backends.reduce((sum, backend) => sum + backend.count, 0);
  const bytes = backends.reduce((sum, backend) => sum + backend.bytes, 0);
  const unreached = backends.filter(({ reachable }) => !reachable).length;
  const places = `in ${plural(backends.length, 'backend')}`;
  const final = count(['final']);
  const rest = [
    count(['trash']) > 0
      ? `${plural(count(['trash']), 'object')} ${count(['trash']) === 1 ? 'goes' : 'go'} to a trash first`
      : null,
    count(['retained']) > 0 ? `of ${plural(count(['retained']), 'object')} something stays for a time` : null,
    count(['unknown']) > 0 ? `for ${plural(count(['unknown']), 'object')} the server does not say` : null,
    unreached > 0 ? `${plural(unreached, 'backend')} could not be listed` : null,
  ].filter((part) => part !== null);
  return {
    total: `${plural(all, 'object')}, ${sizeText(bytes)}, ${places}.`,
    final: finalWords(all, final, unreached),
    rest: rest.length === 0 ? '.' : `; ${rest.join('; ')}.`,
  };
}

function finalWords(all: number, final: number, unreached: number): string {
  if (all === 0) return unreached === 0 ? 'There is nothing to remove' : 'What could be listed holds nothing';
  if (final === all && unreached === 0) return 'All of it is final at once';
  return `${plural(final, 'object')} ${final === 1 ? 'is' : 'are'} final at once`;
}
