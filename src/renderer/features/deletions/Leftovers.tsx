import { Button } from '@mantine/core';
import type { Deletion } from '../../../contract/deletions.ts';
import { countText } from '../../../contract/figures.ts';
import { ExactKey } from '../../components/Ids.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { cells, RuledTable } from '../../components/RuledTable.tsx';
import { Section } from '../../components/Section.tsx';
import { saveText } from '../../components/save-text.ts';
import { useRetry } from './deletion-changes.ts';
import classes from './Leftovers.module.css';

interface LeftoversProps {
  readonly deletion: Deletion;
  readonly canChange: boolean;
}

const columns = [
  { title: 'Object' },
  { title: 'Where' },
  { title: 'Why it is still there' },
  { title: 'Actions', isHidden: true },
];

/** What could not be removed, with the reason; and again, where something is left to try with. */
export function Leftovers({ deletion, canChange }: LeftoversProps) {
  const retry = useRetry();
  const { leftovers, backends } = deletion;
  const count = backends.reduce((sum, backend) => sum + backend.leftovers, 0);
  if (count === 0 && leftovers.length === 0) return null;
  const labels = new Map(backends.map(({ id, label }) => [id, label]));
  const isRetryable = leftovers.some(({ retryable }) => retryable);
  return (
    <Section
      title="Leftovers"
      meta={
        count > leftovers.length
          ? `${countText(leftovers.length)} of ${countText(count)}; all stand on the certificate`
          : countText(count)
      }
      actions={
        <>
          <Button
            size="xs"
            variant="subtle"
            onClick={() =>
              saveText(`leftovers-${deletion.id}.json`, 'application/json', JSON.stringify(leftovers, null, 2))
            }
          >
            Save list
          </Button>
          {isRetryable && (
            <Button
              size="xs"
              variant="subtle"
              disabled={!canChange}
              loading={retry.isPending}
              onClick={() => retry.mutate({ deletionId: deletion.id })}
            >
              Retry all
            </Button>
          )}
        </>
      }
    >
      <ProblemBanner error={retry.error} title="They were not tried again." />
      <RuledTable label="Leftovers" columns={columns}>
        {leftovers.map((leftover) => (
          <tr key={leftover.id}>
            <td>
              <ExactKey text={leftover.ref} />
            </td>
            <td className={classes.where}>{labels.get(leftover.backendId) ?? leftover.backendId}</td>
            <td>{leftover.reason}</td>
            <td className={cells.act}>
              {leftover.retryable && (
                <Button
                  size="xs"
                  variant="subtle"
                  disabled={!canChange || retry.isPending}
                  aria-label={`Retry ${leftover.ref}`}
                  onClick={() => retry.mutate({ deletionId: deletion.id, leftoverId: leftover.id })}
                >
                  Retry
                </Button>
              )}
            </td>
          </tr>
        ))}
      </RuledTable>
    </Section>
  );
}
