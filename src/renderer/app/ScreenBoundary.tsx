import { Button } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { Component } from 'react';
import { EmptyState } from '../components/EmptyState.tsx';
import { ICON } from '../components/icon.ts';

interface Props {
  readonly children: React.ReactNode;
}

/** Keeps a mistake of one screen to that screen. */
export class ScreenBoundary extends Component<Props, { readonly hasFailed: boolean }> {
  override state = { hasFailed: false };

  static getDerivedStateFromError(): { hasFailed: boolean } {
    return { hasFailed: true };
  }

  override render() {
    if (!this.state.hasFailed) return this.props.children;
    return (
      <EmptyState
        icon={<IconAlertTriangle {...ICON.large} />}
        title="This screen could not be drawn"
        code="PAGE_ERROR"
        isAlert
        actions={
          <Button variant="filled" onClick={() => window.location.reload()}>
            Load again
          </Button>
        }
      >
        Nothing was changed by it, and work under way goes on. Load it again; the other screens work.
      </EmptyState>
    );
  }
}
