import { Button } from '@mantine/core';
import { countText, plural, sizeText } from '../../../contract/figures.ts';
import type { IndexRun, Profile } from '../../../contract/storage.ts';
import { useCanChange } from '../../app/session-state.ts';
import { Bar } from '../../components/Bar.tsx';
import { Status } from '../../components/Glyph.tsx';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { PaceLine } from '../../components/PaceLine.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { Section } from '../../components/Section.tsx';
import { TimeText } from '../../components/TimeText.tsx';
import classes from './Storage.module.css';
import { useCancelIndex } from './storage-changes.ts';
import { useWatchedRun } from './storage-queries.ts';
import { RUN_STATES, resultText } from './storage-words.ts';

interface IndexSectionProps {
  readonly profile: Profile;
  readonly run: IndexRun | null;
  readonly error: unknown;
  readonly isLoading: boolean;
}

/** The index that runs, or what the last one came to. */
export function IndexSection({ profile, run, error, isLoading }: IndexSectionProps) {
  if (run) return <RunSection key={run.id} profile={profile} run={run} />;
  return (
    <Section title="Index">
      <ProblemBanner error={error} title="It could not be read when this store was indexed." />
      {isLoading && <LoadingRows count={1} label="Loading the last index" />}
      {!isLoading && !error && (
        <p className={classes.none}>
          {profile.lastIndexedAt === null
            ? 'It was never indexed, so nothing that lies in it is on record. An index reads all of it and changes nothing there.'
            : 'It was indexed before the runs that are still listed.'}
        </p>
      )}
    </Section>
  );
}

function RunSection({ profile, run }: { readonly profile: Profile; readonly run: IndexRun }) {
  const canChange = useCanChange();
  const now = useWatchedRun(run);
  const cancel = useCancelIndex();
  const { glyph, word } = RUN_STATES[now.state];
  if (now.state === 'running') {
    // How much there is comes out only at the end; what was there last time is the best guess until then.
    const expected = Math.max(profile.documents, now.seen);
    const isGuessed = profile.documents > now.seen;
    return (
      <Section
        title="Index"
        meta={<PaceLine settled={now.seen} total={expected} />}
        actions={
          <Button
            size="xs"
            variant="subtle"
            disabled={!canChange}
            loading={cancel.isPending}
            onClick={() => cancel.mutate({ runId: run.id })}
          >
            Cancel the index
          </Button>
        }
      >
        <div className={classes.running}>
          <div className={classes.figures}>
            <Status kind={glyph}>{word}</Status>
            <span>
              {plural(now.seen, 'object')} seen{isGuessed && ` of about ${countText(profile.documents)}`},{' '}
              {sizeText(now.bytes)}
            </span>
            <span className={classes.quiet}>
              {countText(now.added)} added, {countText(now.changed)} changed, {countText(now.removed)} gone
            </span>
          </div>
          {isGuessed && (
            <Bar
              done={now.seen / profile.documents}
              label={`${countText(now.seen)} of about ${plural(profile.documents, 'object')} seen`}
            />
          )}
          <ProblemBanner error={cancel.error} title="The index was not cancelled." />
        </div>
      </Section>
    );
  }
  return (
    <Section title="Last index" meta={<TimeText time={now.startedAt} />}>
      <div className={classes.result}>
        <div className={classes.figures}>
          <Status kind={glyph}>{word}</Status>
          <span>{resultText(now)}</span>
        </div>
        {now.message && <p className={classes.quiet}>{now.message}</p>}
        {now.state === 'cancelled' && (
          <p className={classes.quiet}>What was brought in stays. Index again for the rest.</p>
        )}
      </div>
    </Section>
  );
}
