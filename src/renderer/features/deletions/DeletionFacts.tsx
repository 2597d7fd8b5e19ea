import { useQuery } from '@tanstack/react-query';
import type { Deletion } from '../../../contract/deletions.ts';
import { durationText } from '../../../contract/figures.ts';
import { useIsInUse } from '../../app/in-use.ts';
import { useConsole } from '../../app/page-context.ts';
import { href } from '../../app/router.ts';
import { ShortId } from '../../components/Ids.tsx';
import { Seal } from '../../components/Seal.tsx';
import { Properties, Property, Section } from '../../components/Section.tsx';
import { inGroups } from '../../components/seal.ts';
import { TimeText, useNow } from '../../components/TimeText.tsx';
import { exactText } from '../../components/time.ts';
import { EntryTimeline } from '../audit/EntryTimeline.tsx';
import classes from './DeletionFacts.module.css';
import { isOver } from './progress.ts';

export function FactsSection({ deletion }: { readonly deletion: Deletion }) {
  const orpc = useConsole();
  const { data } = useQuery(
    orpc.deletions.showPlan.queryOptions({ input: { planId: deletion.planId }, staleTime: Number.POSITIVE_INFINITY }),
  );
  const now = useNow();
  const took = Date.parse(deletion.endedAt ?? new Date(now).toISOString()) - Date.parse(deletion.startedAt);
  return (
    <Section title="This deletion">
      {data && (
        <div className={classes.plan}>
          <Seal hash={data.plan.hash} size={64} />
          <div>
            <a href={href(['plans', deletion.planId])} className={classes.planName}>
              Plan {inGroups(data.plan.hash).slice(0, 2).join(' ')}
            </a>
            <div className={classes.note}>frozen {exactText(data.plan.createdAt)}, as confirmed</div>
          </div>
        </div>
      )}
      <Properties>
        <Property label="Id">
          <ShortId id={deletion.id} />
        </Property>
        <Property label="User">
          <ShortId id={deletion.userId} what="the user’s id" />
        </Property>
        <Property label="Started">
          <TimeText time={deletion.startedAt} />
        </Property>
        <Property label="First removal">
          <TimeText time={deletion.firstRemovalAt} none={isOver(deletion) ? 'none' : 'not yet'} />
        </Property>
        <Property label={deletion.endedAt ? 'Ended' : 'Takes'}>
          {deletion.endedAt ? (
            <span>
              <TimeText time={deletion.endedAt} />, {took < 1000 ? 'within a second' : `after ${durationText(took)}`}
            </span>
          ) : (
            durationText(took)
          )}
        </Property>
      </Properties>
    </Section>
  );
}

const SHOWN = 20;
const AGAIN_MS = 5_000;

/** What the log says about this deletion. */
export function CourseSection({ deletion }: { readonly deletion: Deletion }) {
  const orpc = useConsole();
  const isInUse = useIsInUse();
  const { data, error } = useQuery(
    orpc.audit.list.queryOptions({
      input: { targetId: deletion.id, limit: SHOWN },
      refetchInterval: isInUse && !isOver(deletion) && AGAIN_MS,
    }),
  );
  return (
    <Section title="Course">
      <EntryTimeline entries={data?.rows} error={error} loading="Loading the course" />
    </Section>
  );
}

export function PossibleSection({ deletion }: { readonly deletion: Deletion }) {
  return (
    <Section title="What you can do">
      <p className={classes.possible}>{possible(deletion)}</p>
    </Section>
  );
}

function possible({ state, backends, leftovers, firstRemovalAt }: Deletion): string {
  if (state === 'done')
    return leftovers.some(({ retryable }) => retryable)
      ? 'What is left over can be tried again; what goes then stands in an addendum to the certificate.'
      : 'Keep the certificate. It proves to anybody with the fingerprint of the audit key what was removed and what was not.';
  if (state === 'cancelled') return 'Nothing was removed. The deletion can be planned again from the user’s page.';
  const after =
    firstRemovalAt === null
      ? 'Until the first removal is asked for it can be called off.'
      : backends.some(({ removed }) => removed > 0)
        ? 'It can no longer be called off, since objects are already removed; it can be paused.'
        : 'It can no longer be called off, since removals were asked for, and what was not answered may be gone; it can be paused.';
  return `You may close the window or lose power: the run goes on where it was when the console starts again. ${after}`;
}
