import type { Verification } from '../../contract/audit.ts';
import { countText, plural } from '../../contract/figures.ts';
import { parse } from './columns.ts';
import { Frontier, leafDigest } from './merkle.ts';
import {
  fingerprintOf,
  type Head,
  type Note,
  type NoteKey,
  noteCheck,
  parseCheckpoint,
  parseNote,
  parseVerifierKey,
  type Signed,
} from './note.ts';
import { type LogRow, RowCheck } from './rows.ts';

export type Verdict = Verification['verdict'];

/** What a log is held against, beside itself. All of it is given; nothing here reads a file, a keychain or a clock. */
export interface Evidence {
  /** `quartermaster/<workspace id>`: the first line of every checkpoint of this log. */
  readonly origin: string;
  /** The head that the console keeps beside the entries; undefined where there is none, as in an export. */
  readonly head: Head | null | undefined;
  /** The log's own checkpoints. */
  readonly checkpoints: readonly OwnCheckpoint[];
  /** The head that the keychain holds. */
  readonly anchor: Head | null;
  /** A checkpoint that is known from elsewhere. */
  readonly known: string | null;
  /** Fingerprint of the key that is trusted, from outside the log. Without it nothing is proven: UNTRUSTED_KEY. */
  readonly trusted: string | null;
  /** Whether the trusted key is the one that the console itself holds. */
  readonly isOwnKey: boolean;
  /** How many entries the file held when it was opened, before this console appended its own. */
  readonly openedWith: number;
}

export interface OwnCheckpoint {
  readonly size: number;
  readonly note: string;
}

export interface Finding {
  readonly verdict: Verdict;
  readonly entries: number;
  /** Sequence of the first entry that does not hold. */
  readonly firstBad: number | null;
  /** The newest checkpoint that was held against the log and agrees with it. */
  readonly checkpoint: string | null;
  /** Whether it was found by the log's own evidence, and not only by what the caller gave. */
  readonly isOwn: boolean;
  readonly message: string;
}

/** A key that the log names, and from which entry on. */
interface NamedKey {
  readonly from: number;
  readonly key: NoteKey;
  readonly check: (note: Note) => Signed;
}

type Problem = Pick<Finding, 'verdict' | 'message'> & { readonly firstBad?: number | null; readonly isOwn?: boolean };

/**
 * Checks a log row by row: `add` every row in ascending order of its sequence, then `finish`. A pure function over rows
 * and evidence, in constant memory for a log that holds.
 *
 * Verdicts: EDITED (an entry, its hashes, its searching columns or the stored head were changed), MISSING (entries are
 * gone from the middle or the beginning), REORDERED (all are there, in other places), TRUNCATED (the end is gone, while
 * the file itself still shows that there was more), ROLLED_BACK (a consistent, older log, shorter than what was anchored
 * or is known), FORKED (as long or longer, with another root than was signed, anchored or known; or another workspace's
 * log), BAD_SIGNATURE (a checkpoint whose signature is false), UNTRUSTED_KEY (nothing wrong, but no trusted key signs).
 */
export class LogVerifier {
  readonly #evidence: Evidence;
  readonly #rows = new RowCheck();
  readonly #frontier = new Frontier();
  readonly #rootsAt = new Map<number, Buffer | null>();
  readonly #checkpoints: readonly OwnCheckpoint[];
  #held = 0;
  #entries = 0;
  /** The keys that the log names, with the sequence from which each signs. */
  readonly #keys: NamedKey[] = [];
  #problem: Problem | null = null;
  #newest: { note: string; key: NoteKey } | null = null;
  #shortest: number;

  constructor(evidence: Evidence) {
    this.#evidence = evidence;
    this.#checkpoints = [...evidence.checkpoints].sort((a, b) => a.size - b.size);
    this.#shortest = evidence.openedWith;
    for (const head of [evidence.head, evidence.anchor, knownHead(evidence.known)])
      if (head) this.#rootsAt.set(head.size, null);
    if (this.#rootsAt.has(0)) this.#rootsAt.set(0, this.#frontier.root());
  }

  add(row: LogRow): void {
    const leaf = leafDigest(row.entry);
    this.#rows.add(row, leaf);
    this.#entries += 1;
    this.#note(row);
    if (!this.#rows.areClean) return;
    this.#frontier.add(leaf);
    if (this.#rootsAt.has(this.#entries)) this.#rootsAt.set(this.#entries, this.#frontier.root());
    for (let own = this.#checkpoints[this.#held]; own?.size === this.#entries; own = this.#checkpoints[this.#held]) {
      this.#holdAgainst(own);
      this.#held += 1;
    }
  }

  finish(): Finding {
    const problem = this.#rowProblem() ?? this.#afterRows();
    const found = problem ?? { verdict: 'OK' as const, message: this.#allWell() };
    return {
      verdict: found.verdict,
      entries: this.#entries,
      firstBad: found.firstBad ?? null,
      checkpoint: this.#newest?.note ?? null,
      isOwn: found.isOwn ?? found.verdict !== 'UNTRUSTED_KEY',
      message: found.message,
    };
  }

  #rowProblem(): Problem | null {
    const problem = this.#rows.problem();
    // The console goes on writing where the end was cut off: the cut then looks like a gap.
    if (problem?.verdict === 'MISSING' && problem.firstBad === this.#shortest + 1)
      return truncated(this.#shortest, 'what was written later');
    return problem;
  }

  /** Entries that verification itself needs to know: which key signs, and what earlier checks have found. */
  #note(row: LogRow): void {
    if (row.event !== 'console.checkpoint_key_created' && row.event !== 'console.log_tampered') return;
    const metadata = parse(row.entry)?.metadata;
    if (!metadata) return;
    if (row.event === 'console.log_tampered') {
      if (typeof metadata.entries === 'number') this.#shortest = Math.min(this.#shortest, metadata.entries);
      return;
    }
    const key = typeof metadata.key === 'string' ? parseVerifierKey(metadata.key) : null;
    if (key) this.#keys.push({ from: row.sequence, key, check: noteCheck(key) });
  }

  #keyAt(size: number): NamedKey | null {
    return this.#keys.findLast((named) => named.from <= size) ?? null;
  }

  #holdAgainst(own: OwnCheckpoint): void {
    if (this.#problem) return;
    const key = this.#keyAt(own.size);
    this.#problem = this.#signatureProblem(own, key);
    if (this.#problem || !key) return;
    const checkpoint = parseCheckpoint(parseNote(own.note)?.text ?? '');
    if (!checkpoint || this.#frontier.root().equals(checkpoint.root)) {
      this.#newest = { note: own.note, key: key.key };
      return;
    }
    this.#problem =
      this.#shortest < own.size
        ? truncated(this.#shortest, `the log's own checkpoint of ${entriesText(own.size)}`)
        : forked(`the log's own checkpoint of ${entriesText(own.size)}`);
  }

  #signatureProblem(own: OwnCheckpoint, key: NamedKey | null): Problem | null {
    const note = parseNote(own.note);
    const checkpoint = note && parseCheckpoint(note.text);
    if (!note || !checkpoint)
      return { verdict: 'BAD_SIGNATURE', message: `The checkpoint of ${entriesText(own.size)} is damaged.` };
    if (checkpoint.origin !== this.#evidence.origin) return anotherLog(checkpoint.origin);
    const signature = key ? key.check(note) : 'unsigned';
    if (signature === 'false')
      return {
        verdict: 'BAD_SIGNATURE',
        message: `The signature on the checkpoint of ${entriesText(own.size)} is false.`,
      };
    if (checkpoint.size !== own.size)
      return {
        verdict: 'EDITED',
        message: `The checkpoint stored for ${entriesText(own.size)} is one of ${countText(checkpoint.size)}.`,
      };
    if (signature === 'unsigned')
      return {
        verdict: 'UNTRUSTED_KEY',
        message: `The checkpoint of ${entriesText(own.size)} is not signed by the key that the log names.`,
        isOwn: true,
      };
    return null;
  }

  /** What can be said once the rows themselves hold. */
  #afterRows(): Problem | null {
    return (
      this.#problem ??
      this.#openEnd() ??
      this.#againstHead() ??
      this.#againstAnchor() ??
      this.#againstKnown() ??
      this.#againstKey()
    );
  }

  /** Checkpoints of the log itself that show more entries than there are. */
  #openEnd(): Problem | null {
    const newest = this.#checkpoints.at(-1);
    if (!newest || newest.size <= this.#entries) return null;
    const key = this.#keys.at(-1);
    // Where even the entry that names the key is gone, the signature cannot be checked, and need not be.
    const damaged = key ? this.#signatureProblem(newest, key) : null;
    return damaged ?? truncated(this.#left(), `the log's own checkpoint of ${entriesText(newest.size)}`);
  }

  #againstHead(): Problem | null {
    const { head } = this.#evidence;
    if (head === undefined) return null;
    if (head === null)
      return this.#entries === 0
        ? null
        : {
            verdict: 'EDITED',
            message: 'The head that is kept beside the entries is gone or damaged: somebody edited the file.',
          };
    if (head.size > this.#entries) return truncated(this.#left(), `the stored head of ${entriesText(head.size)}`);
    if (!this.#rootsAt.get(head.size)?.equals(head.root))
      return { verdict: 'EDITED', message: 'The root that is kept beside the entries is not the root of the entries.' };
    if (head.size === this.#entries) return null;
    return {
      verdict: 'EDITED',
      firstBad: head.size + 1,
      message: `The console wrote ${entriesText(head.size)}, and the log holds ${countText(this.#entries)}: somebody else added the rest.`,
    };
  }

  /** How many entries of what was written are left at the beginning, where the end was cut off. */
  #left(): number {
    return Math.min(this.#entries, this.#shortest);
  }

  #againstAnchor(): Problem | null {
    const { anchor } = this.#evidence;
    if (!anchor) return null;
    return this.#againstHeadFromOutside(anchor, `the anchor in the keychain (${entriesText(anchor.size)})`, true);
  }

  #againstKey(): Problem | null {
    const { trusted } = this.#evidence;
    if (!this.#newest)
      return {
        verdict: 'UNTRUSTED_KEY',
        message: 'No checkpoint of this log is signed, so nothing vouches for it yet.',
      };
    const signing = fingerprintOf(this.#newest.key.publicKey);
    if (trusted === signing) return null;
    if (trusted === null)
      return {
        verdict: 'UNTRUSTED_KEY',
        message: `The log agrees with itself, but its key ${signing} is not known from outside. Give the fingerprint that was printed at set-up.`,
      };
    return {
      verdict: 'UNTRUSTED_KEY',
      message: `The log is signed by ${signing}, not by the trusted key ${trusted}.`,
      // Where an anchor vouches for the log, the keychain has merely lost the key, and a new one begins an epoch.
      isOwn: this.#evidence.isOwnKey && this.#evidence.anchor === null,
    };
  }

  #againstKnown(): Problem | null {
    const { known, origin, trusted } = this.#evidence;
    if (known === null) return null;
    const note = parseNote(known);
    const checkpoint = note && parseCheckpoint(note.text);
    if (!note || !checkpoint)
      return {
        verdict: 'BAD_SIGNATURE',
        message: 'The checkpoint that was given is not a signed checkpoint.',
        isOwn: false,
      };
    if (checkpoint.origin !== origin) return { ...anotherLog(checkpoint.origin), isOwn: false };
    const named = this.#keys.findLast(({ check }) => check(note) !== 'unsigned');
    if (!named)
      return {
        verdict: 'UNTRUSTED_KEY',
        message: 'The checkpoint that was given is not signed by a key that the log names.',
      };
    if (named.check(note) === 'false')
      return {
        verdict: 'BAD_SIGNATURE',
        message: 'The signature on the checkpoint that was given is false.',
        isOwn: false,
      };
    const isTrusted = fingerprintOf(named.key.publicKey) === trusted;
    return this.#againstHeadFromOutside(
      checkpoint,
      `the checkpoint that was given (${entriesText(checkpoint.size)})`,
      isTrusted,
    );
  }

  #againstHeadFromOutside(head: Head, what: string, isOwn: boolean): Problem | null {
    const root = this.#rootsAt.get(head.size);
    if (root?.equals(head.root)) return null;
    if (head.size > this.#entries || head.size > this.#shortest)
      return {
        verdict: 'ROLLED_BACK',
        firstBad: this.#left() + 1,
        message: `The log is an older one than ${what}: newer entries are gone.`,
        isOwn,
      };
    return { ...forked(what), isOwn };
  }

  #allWell(): string {
    const anchored = this.#evidence.anchor
      ? `the keychain vouches for ${countText(this.#evidence.anchor.size)} of them`
      : 'no keychain vouches for them (not anchored), so an older copy put back is found only with a known checkpoint';
    return `All ${countText(this.#entries)} entries hold; ${anchored}.`;
  }
}

function knownHead(known: string | null): Head | null {
  return known === null ? null : parseCheckpoint(parseNote(known)?.text ?? '');
}

function entriesText(count: number): string {
  return plural(count, 'entry', 'entries');
}

function truncated(entries: number, shownBy: string): Problem {
  return {
    verdict: 'TRUNCATED',
    firstBad: entries + 1,
    message: `The log ends after ${entriesText(entries)}, but ${shownBy} shows more.`,
  };
}

function forked(against: string): Problem {
  return { verdict: 'FORKED', message: `The log has another history than ${against}.` };
}

function anotherLog(origin: string): Problem {
  return { verdict: 'FORKED', message: `A checkpoint belongs to another log (${origin}).` };
}
