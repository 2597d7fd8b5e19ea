import { Button, Modal } from '@mantine/core';
import { useEffect, useRef, useState } from 'react';
import { durationText } from '../../../contract/figures.ts';
import type { User } from '../../../contract/users.ts';
import { usePage } from '../../app/page-context.ts';
import { href, navigate } from '../../app/router.ts';
import { FormButtons } from '../../components/Form.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { codeOf, textIn } from '../../components/problem.ts';
import classes from './PlanDeletion.module.css';

interface PlanDeletionProps {
  readonly user: Pick<User, 'id' | 'name'>;
  /** Why it cannot be planned now; null where it can. */
  readonly hindrance: string | null;
}

/** Lists everything of a user, freezes it, and goes to what was found. Nothing is changed. */
export function PlanDeletion({ user, hindrance }: PlanDeletionProps) {
  const [isPlanning, setPlanning] = useState(false);
  return (
    <>
      <Button
        variant="outline"
        color="red"
        disabled={hindrance !== null}
        {...(hindrance === null ? {} : { title: hindrance })}
        onClick={() => setPlanning(true)}
      >
        Delete…
      </Button>
      <Modal
        opened={isPlanning}
        onClose={() => setPlanning(false)}
        title={`Plan the deletion of ${user.name}`}
        closeOnClickOutside={false}
      >
        <Planning userId={user.id} onClose={() => setPlanning(false)} />
      </Modal>
    </>
  );
}

/** Plans as soon as it is there, and stops when it goes. */
function Planning({ userId, onClose }: { readonly userId: string; readonly onClose: () => void }) {
  const { client, queries, orpc } = usePage();
  const [error, setError] = useState<unknown>(null);
  const [attempt, setAttempt] = useState(0);
  // biome-ignore lint/correctness/useExhaustiveDependencies: another attempt is what makes it plan again
  useEffect(() => {
    const controller = new AbortController();
    setError(null);
    client.deletions
      .plan({ user: userId }, { signal: controller.signal })
      .then(({ plan }) => {
        if (controller.signal.aborted) return;
        navigate(href(['plans', plan.id]));
        // A plan is an entry of the log.
        void queries.invalidateQueries({ queryKey: orpc.session.state.key() });
        void queries.invalidateQueries({ queryKey: orpc.audit.list.key() });
      })
      .catch((thrown: unknown) => {
        if (!controller.signal.aborted) setError(thrown);
      });
    return () => controller.abort();
  }, [client, queries, orpc, userId, attempt]);
  const deletionId = textIn(error, 'deletionId');
  if (error)
    return (
      <div className={classes.planning}>
        <ProblemBanner error={error} title="Nothing was planned." />
        <FormButtons>
          <Button onClick={onClose} data-autofocus>
            Keep everything as it is
          </Button>
          {codeOf(error) === 'DELETION_EXISTS' && deletionId ? (
            <Button component="a" href={href(['deletions', deletionId])}>
              Show that deletion
            </Button>
          ) : (
            <Button onClick={() => setAttempt((before) => before + 1)}>Try again</Button>
          )}
        </FormButtons>
      </div>
    );
  return (
    <div className={classes.planning}>
      <p>Every backend is being listed, so that the plan says exactly what there is. Nothing is changed by it.</p>
      <Elapsed />
      <FormButtons>
        <Button onClick={onClose} data-autofocus>
          Stop planning
        </Button>
      </FormButtons>
    </div>
  );
}

function Elapsed() {
  const begun = useRef(Date.now());
  const [now, setNow] = useState(Date.now());
  useEffect(() => {
    const timer = setInterval(() => setNow(Date.now()), 1000);
    return () => clearInterval(timer);
  }, []);
  return (
    <p role="timer" className={classes.elapsed}>
      Listing for {durationText(now - begun.current)}
    </p>
  );
}
