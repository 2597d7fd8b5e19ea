import { Button } from '@mantine/core';
import { useState } from 'react';
import type { Deletion } from '../../../contract/deletions.ts';
import { Dialog } from '../../components/Dialog.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { useCallOff } from './deletion-changes.ts';

interface CallOffProps {
  readonly deletion: Deletion;
  readonly canChange: boolean;
}

/** Only before the first removal; the console refuses it after that. */
export function CallOff({ deletion, canChange }: CallOffProps) {
  const [isAsking, setAsking] = useState(false);
  const callOff = useCallOff();
  return (
    <>
      <Button disabled={!canChange} onClick={() => setAsking(true)}>
        Call off…
      </Button>
      <Dialog
        isOpen={isAsking}
        title="Call the deletion off"
        stay="Go on deleting"
        onClose={() => setAsking(false)}
        act={
          <Button
            variant="filled"
            loading={callOff.isPending}
            onClick={() => callOff.mutate({ deletionId: deletion.id }, { onSuccess: () => setAsking(false) })}
          >
            Call it off
          </Button>
        }
      >
        <p>
          The account gets back the state that it had, and nothing else is changed. Once a removal has been asked for,
          answered or not, the deletion can no longer be called off.
        </p>
        <ProblemBanner error={callOff.error} title="The deletion was not called off." />
      </Dialog>
    </>
  );
}
