import type { Deletion, Plan } from '../../contract/deletions.ts';
import type { Actor, Ground } from '../ground.ts';
import { Refusal } from '../refusal.ts';
import { begin, type StartInput } from './begin.ts';
import { CertificateBody } from './certificate.ts';
import { printCertificate } from './certificate-html.ts';
import { type Answers, cancel, clearCancelled, pause, resume } from './control.ts';
import { type ListFilter, listDeletions } from './list.ts';
import { openMotor } from './motor.ts';
import { type DeletionParts, usualPatience } from './parts.ts';
import { makePlan } from './plan.ts';
import { certifyRetries, retryLeftovers } from './retry.ts';
import { readDeletion, readPlan } from './rows.ts';
import type { Shop } from './run.ts';
import { shapeDeletion, shapePlan } from './shape.ts';
import { subjectOf } from './subject.ts';
import { type CertificateCheck, verifyCertificate } from './verify-certificate.ts';
import { openWatchers } from './watch.ts';
import { openWorkList } from './work-list.ts';

type Administrator = Extract<Actor, { kind: 'administrator' }>;

/** The whole removal of users: plan, run, certificate. */
export interface Deletions {
  /** Lists what is there and freezes it. Refuses with SOLE_ADMIN, OWN_ACCOUNT, DELETION_EXISTS, NOT_FOUND. */
  plan(actor: Administrator, user: string, signal?: AbortSignal): Promise<Plan>;
  showPlan(planId: string): Plan;
  /** Confirms a plan and begins; what the account loses at once it has lost when this answers. */
  start(actor: Administrator, input: StartInput): Promise<Deletion>;
  list(filter: ListFilter): { rows: Deletion[]; next: string | null };
  show(id: string): Deletion;
  /** The deletion now and after each change, ten a second at most; ends when it is done or called off. */
  watch(id: string, signal?: AbortSignal): AsyncGenerator<Deletion, void, void>;
  pause(actor: Administrator, id: string): Promise<Deletion>;
  resume(actor: Administrator, id: string, answers: Answers): Deletion;
  cancel(actor: Administrator, id: string): Promise<Deletion>;
  /** Tries leftovers again; without an id all of them. */
  retry(actor: Administrator, id: string, leftoverId: string | null, signal?: AbortSignal): Promise<Deletion>;
  /** The certificate as canonical JSON, with its addenda, and as a page to print. Refuses with NO_CERTIFICATE. */
  certificate(id: string, withMail: string | null): { json: string; html: string; hash: string; addenda: string[] };
  verify(json: string, key: string | null): CertificateCheck;
  /** From here on every unfinished deletion goes on by itself, as with a motor from the beginning. */
  work(): void;
  /** Stops work where it can go on later. */
  close(): Promise<void>;
}

/**
 * Opens the domain. With a motor, every unfinished deletion goes on by itself from here on, also those that an earlier
 * process left; without one, nothing moves, and nothing is lost.
 */
export function openDeletions(ground: Ground, parts: DeletionParts): Deletions {
  const { db } = ground.workspace;
  const watchers = openWatchers();
  const shop: Shop = {
    ground,
    parts,
    patience: { ...usualPatience, ...parts.patience },
    list: openWorkList(db),
    troubles: new Map(),
    changed: watchers.changed,
  };
  const motor = openMotor(shop);
  let takenUp: Promise<void> | null = null;
  const closing = new AbortController();
  const retries = new Set<Promise<void>>();
  const untilClosed = (signal?: AbortSignal) => (signal ? AbortSignal.any([signal, closing.signal]) : closing.signal);
  const show = (id: string): Deletion => shapeDeletion(db, readDeletion(db, id), motor.stall(id), shop.troubles);

  const opened: Deletions = {
    async plan(actor, user, signal) {
      return shapePlan(readPlan(db, await makePlan(ground, parts, actor, user, untilClosed(signal))));
    },
    showPlan: (planId) => shapePlan(readPlan(db, planId)),
    async start(actor, input) {
      const id = await begin(ground, parts, actor, input);
      const started = show(id);
      motor.kick();
      return started;
    },
    list: (filter) => listDeletions(db, filter, (row) => shapeDeletion(db, row, motor.stall(row.id), shop.troubles)),
    show,
    watch(id, signal = closing.signal) {
      show(id);
      return watchers.watch(
        id,
        () => show(id),
        ({ state }) => state === 'done' || state === 'cancelled',
        signal,
      );
    },
    async pause(actor, id) {
      await pause(shop, motor, actor, id);
      return show(id);
    },
    resume(actor, id, answers) {
      resume(shop, motor, actor, id, answers);
      return show(id);
    },
    async cancel(actor, id) {
      await cancel(shop, motor, actor, id);
      return show(id);
    },
    async retry(actor, id, leftoverId, signal) {
      const retry = retryLeftovers(shop, actor, id, leftoverId, untilClosed(signal));
      retries.add(retry);
      try {
        await retry;
      } finally {
        retries.delete(retry);
      }
      return show(id);
    },
    certificate(id, withMail) {
      const row = readDeletion(db, id);
      if (row.certificate === null || row.certificate_hash === null)
        throw new Refusal(
          'NO_CERTIFICATE',
          `There is no certificate, since the deletion has not ended: it is ${show(id).state}.`,
          { state: show(id).state },
        );
      if (withMail !== null && subjectOf(row.subject_key, parts.mailKeyOf(withMail)) !== row.subject)
        throw new Refusal(
          'CONFIRMATION_MISMATCH',
          'This is not the mail address of the user whose deletion the certificate is about.',
        );
      const addenda = db.raw
        .prepare<[string], string>('SELECT certificate FROM addenda WHERE deletion_id = ? ORDER BY created_at, id')
        .pluck()
        .all(id);
      return {
        json: row.certificate,
        html: printCertificate(row.certificate, addenda, withMail),
        hash: row.certificate_hash,
        addenda,
      };
    },
    verify: (json, key) => verifyCertificate(json, key),
    work() {
      if (takenUp || closing.signal.aborted) return;
      motor.turnOn();
      takenUp = takeUp();
    },
    async close() {
      closing.abort();
      await Promise.allSettled([takenUp, ...retries]);
      await motor.close();
      watchers.close();
    },
  };
  if (parts.motor) opened.work();
  return opened;

  /**
   * What an earlier process left: work lists of deletions that were called off, retries without their addendum. What
   * waited is tried at once: the machine may be somewhere else now.
   */
  async function takeUp(): Promise<void> {
    try {
      ground.workspace.transaction((tx) =>
        tx.raw
          .prepare(
            "UPDATE deletions SET next_try_at = 0 WHERE next_try_at IS NOT NULL AND stage NOT IN ('done', 'cancelled')",
          )
          .run(),
      );
      await clearCancelled(shop);
      await certifyRetries(shop);
    } catch (error) {
      ground.log('deletion.not_taken_up', { error: error instanceof Error ? error.message : 'unknown' });
    }
    motor.kick();
  }
}

/** For readers of a certificate who only want its content. */
export function readCertificate(json: string): CertificateBody {
  const { certificate } = JSON.parse(json) as { certificate: unknown }; // The schema looks at all of it.
  return CertificateBody.parse(certificate);
}
