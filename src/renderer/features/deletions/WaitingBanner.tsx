import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Deletion } from '../../../contract/deletions.ts';
import { plural } from '../../../contract/figures.ts';
import { href } from '../../app/router.ts';
import { useFrame } from '../../app/session-state.ts';
import { Banner } from '../../components/Banner.tsx';
import { Dialog } from '../../components/Dialog.tsx';
import { TimeText } from '../../components/TimeText.tsx';
import { clockText } from '../../components/time.ts';
import { UnlockDialog } from '../session/UnlockVault.tsx';
import type { useResume } from './deletion-changes.ts';
import { unansweredOf } from './progress.ts';

type Waiting = NonNullable<Deletion['waitingFor']>;

interface WaitingBannerProps {
  readonly deletion: Deletion;
  readonly waiting: Waiting;
  readonly canChange: boolean;
  readonly resume: ReturnType<typeof useResume>;
}

/** What a deletion waits for, what that means, and each answer that there is to it. */
export function WaitingBanner({ deletion, waiting, canChange, resume }: WaitingBannerProps) {
  const { reason, message, since, backendId, nextTryAt } = waiting;
  const label = deletion.backends.find(({ id }) => id === backendId)?.label ?? 'a backend';
  return (
    <Banner
      tone="warn"
      glyph="clock"
      title={titleOf(waiting, label)}
      isWide
      actions={<Answers deletion={deletion} waiting={waiting} label={label} canChange={canChange} resume={resume} />}
    >
      {message} {doubtOf(deletion)} {meaningOf(reason, backendId)} It began to wait <TimeText time={since} />.
      {nextTryAt && ` The next try is due ${clockText(nextTryAt)}.`}
    </Banner>
  );
}

/** A server that fell silent may have done what it was asked: nothing removed is then not the whole truth. */
function doubtOf({ backends }: Deletion): string {
  const count = unansweredOf(backends);
  return count === 0 ? '' : `Asked for, not yet answered: ${plural(count, 'object')} may be gone already.`;
}

function titleOf({ reason, backendId }: Waiting, label: string): string {
  switch (reason) {
    case 'offline':
    case 'backend':
      return backendId === null ? 'Waits for the network.' : `Waits for ${label}.`;
    case 'vault':
      return 'Waits for the vault.';
    case 'reauthorise':
      return `${label} has to be authorised again.`;
    case 'growth':
      return 'More was found than planned.';
    case 'hidden':
      return 'Something stands in the way.';
    case 'review':
      return backendId === null ? 'Waits for your review.' : `Still waits for ${label}.`;
  }
}

function meaningOf(reason: Waiting['reason'], backendId: string | null): string {
  switch (reason) {
    case 'offline':
    case 'backend':
      return 'It is tried again by itself.';
    case 'vault':
      return 'It goes on by itself when the vault is open.';
    case 'reauthorise':
      return 'Give the connection new credentials, or go on without it.';
    case 'growth':
      return 'Nothing beyond the plan is removed before you say so.';
    case 'hidden':
      return 'It goes on when that is gone.';
    case 'review':
      return backendId === null
        ? 'After this the clouds’ credentials are erased, and nothing in them can be tried again.'
        : '';
  }
}

interface AnswersProps extends WaitingBannerProps {
  readonly label: string;
}

function Answers({ deletion, waiting, label, canChange, resume }: AnswersProps) {
  const { reason, backendId } = waiting;
  const answer = (text: string, input: Omit<Parameters<typeof resume.mutate>[0], 'deletionId'>) => (
    <Button
      size="xs"
      disabled={!canChange}
      loading={resume.isPending}
      onClick={() => resume.mutate({ deletionId: deletion.id, ...input })}
    >
      {text}
    </Button>
  );
  const without = backendId !== null && (
    <GoOnWithout label={label} canChange={canChange} resume={resume} deletionId={deletion.id} />
  );
  switch (reason) {
    case 'offline':
    case 'backend':
      return (
        <>
          {without}
          {answer('Try now', {})}
        </>
      );
    case 'hidden':
      return answer('Try now', {});
    case 'reauthorise':
      return (
        <>
          {without}
          <Button size="xs" component="a" href={href(['users', deletion.userId])}>
            Open connections
          </Button>
          {answer('Try now', {})}
        </>
      );
    case 'vault':
      return <UnlockOrRetry canRetry={canChange} onRetry={() => resume.mutate({ deletionId: deletion.id })} />;
    case 'growth':
      return answer('Remove all that was found', { acceptGrowth: true });
    case 'review':
      if (backendId === null) return answer('Finish without the leftovers', { finishReview: true });
      return (
        <>
          {without}
          {answer('Wait on', { whenDown: 'wait' })}
        </>
      );
  }
}

interface GoOnWithoutProps {
  readonly label: string;
  readonly deletionId: string;
  readonly canChange: boolean;
  readonly resume: ReturnType<typeof useResume>;
}

/** Cannot be taken back once the run has passed that backend, so it is asked. */
function GoOnWithout({ label, deletionId, canChange, resume }: GoOnWithoutProps) {
  const [isAsking, setAsking] = useState(false);
  return (
    <>
      <Button size="xs" disabled={!canChange} onClick={() => setAsking(true)}>
        Go on without it…
      </Button>
      <Dialog
        isOpen={isAsking}
        title={`Go on without ${label}`}
        stay={`Wait for ${label}`}
        onClose={() => setAsking(false)}
        act={
          <Button
            variant="filled"
            onClick={() => {
              setAsking(false);
              resume.mutate({ deletionId, whenDown: 'without_unreachable' });
            }}
          >
            Go on without it
          </Button>
        }
      >
        What lies there stays and is named on the certificate. Once the deletion is done, the console has no credentials
        for it any more.
      </Dialog>
    </>
  );
}

function UnlockOrRetry({ canRetry, onRetry }: { readonly canRetry: boolean; readonly onRetry: () => void }) {
  const { state } = useFrame();
  const [isUnlocking, setUnlocking] = useState(false);
  if (state.vault.way !== 'passphrase' || state.vault.state !== 'locked')
    return (
      <Button size="xs" disabled={!canRetry} onClick={onRetry}>
        Try now
      </Button>
    );
  return (
    <>
      <Button size="xs" onClick={() => setUnlocking(true)}>
        Unlock vault
      </Button>
      <UnlockDialog isOpen={isUnlocking} onClose={() => setUnlocking(false)} />
    </>
  );
}
