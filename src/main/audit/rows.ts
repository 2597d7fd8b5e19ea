import type { Verification } from '../../contract/audit.ts';
import { GENESIS, openChain } from './chain.ts';
import { agreeAtSight, columnsAgree, parse } from './columns.ts';
import type { Digest } from './merkle.ts';

/** One row of the log, as the database or an export holds it. */
export interface LogRow {
  readonly sequence: number;
  readonly id: string;
  /** Milliseconds UTC. */
  readonly time: number;
  readonly event: string;
  readonly actorId: string | null;
  readonly targetKind: string | null;
  readonly targetId: string | null;
  readonly outcome: string;
  readonly entry: string;
  /** Hashes in lower-case hexadecimal. */
  readonly previousHash: string;
  readonly hash: string;
  readonly sealedTable: string | null;
  readonly sealedRow: string | null;
}

interface RowProblem {
  readonly verdict: Verification['verdict'];
  readonly firstBad: number;
  readonly message: string;
}

/** A row that is not what its place asks for. */
interface Suspect {
  readonly sequence: number;
  /** The sequence that the entry itself names; null where it cannot be read. */
  readonly named: number | null;
  readonly leaf: Digest;
  readonly previousHash: string;
  readonly hash: string;
  readonly columnsAgree: boolean;
}

/** More bad rows than this are not told apart any further, so that a ruined log does not fill the memory. */
const SUSPECTS_KEPT = 100_000;

/**
 * Finds out whether rows hold, and what happened to those that do not. Whether an entry was removed or only moved shows
 * when all rows were seen, so the bad ones are kept until then.
 */
export class RowCheck {
  #expected = 1;
  #previous = GENESIS;
  readonly #chain = openChain();
  #previousHolds = true;
  /** The highest sequence that stands anywhere in the log, as an entry's own. */
  #highest = 0;
  #brokenLinkAt: number | null = null;
  #isReordered = false;
  readonly #gaps: { from: number; to: number }[] = [];
  readonly #suspects: Suspect[] = [];

  /** Whether every row so far held. */
  get areClean(): boolean {
    return this.#suspects.length === 0 && this.#gaps.length === 0 && this.#brokenLinkAt === null;
  }

  /** Takes the next row, in ascending order of the sequence. */
  add(row: LogRow, leaf: Digest): void {
    const { sequence } = row;
    const isAuthentic = this.#belongs(sequence, leaf, row);
    const isPlain = isAuthentic && agreeAtSight(row);
    const named = isPlain ? { sequence } : parse(row.entry);
    const agrees = isPlain || (named !== null && columnsAgree(row, named));
    const holds = isAuthentic && agrees && named?.sequence === sequence;
    if (sequence !== this.#expected) this.#gaps.push({ from: this.#expected, to: sequence - 1 });
    else if (holds && this.#previousHolds && row.previousHash !== this.#previous)
      this.#brokenLinkAt ??= Math.max(1, sequence - 1);
    const own = typeof named?.sequence === 'number' ? named.sequence : null;
    if (!holds && this.#suspects.length < SUSPECTS_KEPT)
      this.#suspects.push({
        sequence,
        named: own,
        leaf,
        previousHash: row.previousHash,
        hash: row.hash,
        columnsAgree: agrees,
      });
    if (own !== null && own < this.#highest) this.#isReordered = true;
    this.#highest = Math.max(this.#highest, own ?? 0);
    this.#expected = sequence + 1;
    this.#previous = row.hash;
    this.#previousHolds = holds;
  }

  /** What happened to the rows, or null where all hold. The lowest bad place decides. */
  problem(): RowProblem | null {
    if (this.areClean) return null;
    const edited = Math.min(this.#firstEdited(), this.#brokenLinkAt ?? Number.POSITIVE_INFINITY);
    const missing = this.#firstMissing();
    const moved = this.#isReordered ? this.#firstBad() : Number.POSITIVE_INFINITY;
    const at = Math.min(edited, missing, moved);
    if (at === edited)
      return { verdict: 'EDITED', firstBad: this.#firstBad(), message: `Entry ${this.#firstBad()} was edited.` };
    if (at === moved)
      return {
        verdict: 'REORDERED',
        firstBad: at,
        message: `From entry ${at} on, entries do not stand in the order they were written in.`,
      };
    return { verdict: 'MISSING', firstBad: at, message: `Entry ${at} is missing.` };
  }

  #firstBad(): number {
    return Math.min(
      this.#gaps[0]?.from ?? Number.POSITIVE_INFINITY,
      this.#suspects[0]?.sequence ?? Number.POSITIVE_INFINITY,
      this.#brokenLinkAt ?? Number.POSITIVE_INFINITY,
    );
  }

  /** An entry is whole if it and hashes belong together in the place that the entry names, wherever it stands now. */
  #firstEdited(): number {
    const bySequence = new Map(this.#suspects.map((suspect) => [suspect.sequence, suspect]));
    const seen = new Set<number>();
    for (const suspect of this.#suspects) {
      const { named, sequence, leaf } = suspect;
      if (named === null || seen.has(named)) return sequence;
      seen.add(named);
      if (named === sequence) return sequence;
      const home = bySequence.get(named);
      const isAtHome = home === undefined && !this.#isVacant(named);
      const isWhole = this.#belongs(named, leaf, suspect) || (home !== undefined && this.#belongs(named, leaf, home));
      if (isAtHome || !(isWhole || this.#belongs(sequence, leaf, suspect))) return sequence;
    }
    return Number.POSITIVE_INFINITY;
  }

  /** The lowest place whose entry stands nowhere. */
  #firstMissing(): number {
    const names = new Set(this.#suspects.map(({ named }) => named));
    const places = [...this.#gaps, ...this.#suspects.map(({ sequence }) => ({ from: sequence, to: sequence }))];
    places.sort((a, b) => a.from - b.from);
    for (const { from, to } of places)
      for (let place = from; place <= to && place <= this.#highest; place += 1) if (!names.has(place)) return place;
    return Number.POSITIVE_INFINITY;
  }

  #isVacant(sequence: number): boolean {
    return sequence >= this.#expected || this.#gaps.some(({ from, to }) => from <= sequence && sequence <= to);
  }

  #belongs(sequence: number, leaf: Digest, { previousHash, hash }: { previousHash: string; hash: string }): boolean {
    return previousHash.length === GENESIS.length && this.#chain(sequence, previousHash, leaf) === hash;
  }
}
