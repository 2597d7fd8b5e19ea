import { Button } from '@mantine/core';
import { IconFileOff } from '@tabler/icons-react';
import type { Deletion } from '../../../contract/deletions.ts';
import { countText, sizeText } from '../../../contract/figures.ts';
import { href } from '../../app/router.ts';
import { useCanChange } from '../../app/session-state.ts';
import { EmptyState } from '../../components/EmptyState.tsx';
import { FailedState } from '../../components/FailedState.tsx';
import { Badge } from '../../components/Glyph.tsx';
import { ICON } from '../../components/icon.ts';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { PaceLine } from '../../components/PaceLine.tsx';
import { PageBody, PageHead } from '../../components/PageHead.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { codeOf } from '../../components/problem.ts';
import { Columns, Section } from '../../components/Section.tsx';
import { CallOff } from './CallOff.tsx';
import { CertificateSection } from './CertificateSection.tsx';
import { CourseSection, FactsSection, PossibleSection } from './DeletionFacts.tsx';
import { usePause, useResume } from './deletion-changes.ts';
import { useWatchedDeletion } from './deletion-queries.ts';
import { stateWords, subjectOf } from './deletion-words.ts';
import { Lanes } from './Lanes.tsx';
import { Leftovers } from './Leftovers.tsx';
import { canBeCalledOff, isOver, progressOf } from './progress.ts';
import { Stages } from './Stages.tsx';
import { WaitingBanner } from './WaitingBanner.tsx';

const parent = { title: 'Deletions', href: href(['deletions']) };

export function DeletionRun({ deletionId }: { readonly deletionId: string }) {
  const { data, error, refetch } = useWatchedDeletion(deletionId);
  if (data) return <RunScreen deletion={data} />;
  if (!error)
    return (
      <>
        <PageHead title="Deletion" parent={parent} />
        <PageBody>
          <LoadingRows count={10} label="Loading the deletion" />
        </PageBody>
      </>
    );
  const isGone = codeOf(error) === 'NOT_FOUND';
  return (
    <>
      <PageHead title="Deletion" parent={parent} />
      {isGone ? (
        <EmptyState
          icon={<IconFileOff {...ICON.large} />}
          title="There is no such deletion"
          code="NOT_FOUND"
          isAlert
          actions={
            <Button component="a" href={href(['deletions'])}>
              Show all deletions
            </Button>
          }
        >
          The address may be wrong or cut short.
        </EmptyState>
      ) : (
        <FailedState error={error} title="The deletion could not be read" onRetry={() => void refetch()} />
      )}
    </>
  );
}

function RunScreen({ deletion }: { readonly deletion: Deletion }) {
  const canChange = useCanChange();
  const resume = useResume();
  const { waitingFor, state } = deletion;
  const { glyph, word } = stateWords(deletion);
  const progress = progressOf(deletion);
  const isRunning = !isOver(deletion) && state !== 'paused' && state !== 'waiting';
  return (
    <>
      <PageHead
        isReading
        title={subjectOf(deletion)}
        parent={parent}
        actions={
          <>
            <Badge kind={glyph}>{word}</Badge>
            <RunActions deletion={deletion} canChange={canChange} resume={resume} />
          </>
        }
      />
      {waitingFor && state === 'waiting' && (
        <WaitingBanner deletion={deletion} waiting={waitingFor} canChange={canChange} resume={resume} />
      )}
      <PageBody>
        {!isRunning && <ProblemBanner error={resume.error} title="The deletion does not go on." />}
        <Columns
          main={
            <>
              <Section
                title="Stages"
                meta={isRunning && <PaceLine settled={progress.settled} total={progress.total} />}
              >
                <Stages deletion={deletion} />
              </Section>
              <Section
                title="Backends"
                meta={`${countText(progress.removed)} of ${countText(progress.total)} objects, ${sizeText(progress.removedBytes)} of ${sizeText(progress.totalBytes)} removed`}
              >
                <Lanes backends={deletion.backends} />
              </Section>
              <Leftovers deletion={deletion} canChange={canChange} />
              {deletion.certificateHash && (
                <CertificateSection deletionId={deletion.id} hash={deletion.certificateHash} />
              )}
            </>
          }
          side={
            <>
              <FactsSection deletion={deletion} />
              <PossibleSection deletion={deletion} />
            </>
          }
          beyond={<CourseSection deletion={deletion} />}
        />
      </PageBody>
    </>
  );
}

interface RunActionsProps {
  readonly deletion: Deletion;
  readonly canChange: boolean;
  readonly resume: ReturnType<typeof useResume>;
}

const PAUSABLE: readonly Deletion['state'][] = [
  'closing',
  'clouds',
  'store',
  'verifying',
  'review',
  'revoking',
  'waiting',
];

function RunActions({ deletion, canChange, resume }: RunActionsProps) {
  const pause = usePause();
  const { state } = deletion;
  return (
    <>
      {canBeCalledOff(deletion) && <CallOff deletion={deletion} canChange={canChange} />}
      {PAUSABLE.includes(state) && (
        <Button
          disabled={!canChange}
          loading={pause.isPending}
          onClick={() => pause.mutate({ deletionId: deletion.id })}
        >
          Pause
        </Button>
      )}
      {state === 'paused' && (
        <Button
          variant="filled"
          disabled={!canChange}
          loading={resume.isPending}
          onClick={() => resume.mutate({ deletionId: deletion.id })}
        >
          Resume
        </Button>
      )}
    </>
  );
}
