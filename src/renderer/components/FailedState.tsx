import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { EmptyState } from './EmptyState.tsx';
import { ICON } from './icon.ts';
import { problemOf } from './problem.ts';

interface FailedStateProps {
  readonly error: unknown;
  /** What is not there because of it: `The deletions could not be read`. */
  readonly title: string;
  readonly onRetry: () => void;
}

/** In the place of what could not be read: why, and the way to try again. */
export function FailedState({ error, title, onRetry }: FailedStateProps) {
  const { message, code } = problemOf(error);
  return (
    <EmptyState
      icon={<IconAlertTriangle {...ICON.large} />}
      title={title}
      code={code}
      isAlert
      actions={
        <Button variant="filled" onClick={onRetry}>
          Try again
        </Button>
      }
    >
      {message}
    </EmptyState>
  );
}
