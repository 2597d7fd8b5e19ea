import { hash } from 'node:crypto';
import { monitorEventLoopDelay, performance } from 'node:perf_hooks';
import { setTimeout as sleep } from 'node:timers/promises';
import { v7 } from 'uuid';
import { keyMetadata } from '../../src/main/audit/key.ts';
import { openLogTable } from '../../src/main/audit/log.ts';
import { readHead } from '../../src/main/audit/log-reading.ts';
import { fingerprintOf, formatCheckpoint, signerFromSeed, signNote } from '../../src/main/audit/note.ts';
import { listRead as auditListRead, verifyRead } from '../../src/main/audit/reads.ts';
import type { EvidenceFromOutside } from '../../src/main/audit/verify-log.ts';
import type { Workspace } from '../../src/main/database/index.ts';
import type { Actor } from '../../src/main/ground.ts';
import { listRead, outlineRead } from '../../src/main/users/reads.ts';
import { type BigWorkspace, fillUsers, openBigWorkspace } from './big-workspace.ts';

const ENTRIES = Number(process.env.QM_BENCH_ENTRIES ?? 1_000_000);
const USERS = 100_000;
/** As the console paces itself. */
const PER_CHECKPOINT = 100;
const PER_TRANSACTION = 5_000;
/** Entries whose bytes are kept for the bare hashes; they are taken round and round. */
const KEPT = 10_000;

interface State extends BigWorkspace {
  readonly evidence: EvidenceFromOutside;
  readonly leaves: readonly string[];
}

/** Entries of the usual kinds, with the seals and the checkpoints that a console of that age has. */
function fillLog({ db, transaction }: Workspace, origin: string): EvidenceFromOutside {
  const { raw } = db;
  const table = openLogTable(raw, Date.now, () => v7());
  const signer = signerFromSeed(origin, Buffer.alloc(32, 7));
  const checkpoint = raw.prepare('INSERT INTO audit_checkpoints (size, note, created_at) VALUES (?, ?, 0)');
  const origins = { machine: 'bench', osAccount: 'admin', networkAddress: '192.0.2.7', host: 'desktop' } as const;
  const administrator: Actor = { kind: 'administrator', id: v7(), origin: origins };
  const console: Actor = { kind: 'console', onBehalfOf: administrator.id, origin: origins };
  let written = 0;
  while (written < ENTRIES)
    transaction((tx) => {
      for (let n = 0; n < PER_TRANSACTION && written < ENTRIES; n += 1) {
        const id = v7();
        if (written === 0)
          table.append(tx, {
            actor: console,
            event: 'console.checkpoint_key_created',
            target: null,
            metadata: keyMetadata(signer, null, null),
          });
        else if (written % 3 === 0)
          table.append(tx, {
            actor: console,
            event: 'deletion.stage_reached',
            target: { kind: 'deletion', id },
            metadata: { backend: 'main', removed: written % 1000, absent: 0, kept: 0, bytes: String(written * 4096) },
          });
        else
          table.append(tx, {
            actor: administrator,
            event: 'admin.user_updated',
            target: { kind: 'user', id },
            metadata: { changed: ['name', 'mail'] },
            sealed: { table: 'users', rowId: id, seal: Buffer.alloc(32, written) },
          });
        written += 1;
        if (written % PER_CHECKPOINT !== 0) continue;
        const head = readHead(tx);
        if (head) checkpoint.run(head.size, signNote(formatCheckpoint({ origin, ...head }), signer));
      }
    });
  return {
    origin,
    anchor: readHead(db),
    known: null,
    trusted: fingerprintOf(signer.publicKey),
    isOwnKey: true,
    openedWith: null,
  };
}

export default {
  name: `verify ${ENTRIES} audit entries`,
  goal: 'at most 2 times all the bare SHA-256 calls that it makes; the thread that asks is never held for 10 ms (99th percentile)',
  async setUp(): Promise<State> {
    let evidence: EvidenceFromOutside | undefined;
    const big = await openBigWorkspace((workspace) => {
      fillUsers(workspace, USERS);
      evidence = fillLog(workspace, 'quartermaster/bench');
    });
    if (!evidence) throw new Error('nothing was filled');
    const entries = big.workspace.db.raw
      .prepare<[number], string>('SELECT entry FROM audit_entries ORDER BY sequence LIMIT ?')
      .pluck()
      .all(KEPT);
    return { ...big, evidence, leaves: entries.map((entry) => `\u0000${entry}`) };
  },
  measures: {
    /** In the reader thread; the thread that asks is looked at meanwhile, and asks for lists and outlines besides. */
    ours: async ({ workspace, evidence }: State) => {
      const began = performance.now();
      const { verdict, entries } = await workspace.read(verifyRead, evidence);
      if (verdict !== 'OK' || entries !== ENTRIES) throw new Error(`${verdict} after ${entries} entries`);
      return performance.now() - began;
    },
    /** For each entry its leaf and its link, and a node for each but one. */
    hashes: async ({ leaves }: State) => {
      const link = Buffer.alloc(83);
      const node = Buffer.alloc(65);
      const began = performance.now();
      for (let n = 0; n < ENTRIES; n += 1) {
        hash('sha256', leaves[n % leaves.length] ?? '', 'binary');
        hash('sha256', link, 'hex');
        if (n > 0) hash('sha256', node, 'binary');
      }
      return performance.now() - began;
    },
    /** How long the thread that asks is held, at the 99th percentile, while the other one verifies, lists and searches. */
    held: async ({ workspace, evidence }: State) => {
      const stop = new AbortController();
      const verifying = workspace.read(verifyRead, evidence, stop.signal).catch(() => null);
      const delay = monitorEventLoopDelay({ resolution: 1 });
      delay.enable();
      const until = performance.now() + 2_000;
      while (performance.now() < until) {
        await Promise.all([
          workspace.read(listRead, { sortBy: 'share', direction: 'descending', limit: 500 }),
          workspace.read(listRead, { search: 'lovelace', sortBy: 'name', direction: 'ascending', limit: 500 }),
          workspace.read(outlineRead, { sortBy: 'ai', direction: 'ascending' }),
          workspace.read(auditListRead, { event: 'admin.user_updated', limit: 500 }),
          sleep(20),
        ]);
      }
      delay.disable();
      stop.abort();
      await verifying;
      return { ms: delay.percentile(99) / 1e6, worstMs: delay.max / 1e6 };
    },
  },
  judge: (medians: { ours: { ms: number }; hashes: { ms: number }; held: { ms: number } }) => [
    { what: 'of the bare hashes', ratio: medians.ours.ms / medians.hashes.ms, atMost: 2 },
    { what: 'held, of 10 ms', ratio: medians.held.ms / 10, atMost: 1 },
  ],
  tearDown: (state: State) => state.close(),
};
