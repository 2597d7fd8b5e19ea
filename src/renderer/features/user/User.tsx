import { Button } from '@mantine/core';
import { IconUserOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { User as UserAnswer } from '../../../contract/users.ts';
import { useConsole } from '../../app/page-context.ts';
import { href } from '../../app/router.ts';
import { useCanChange, useFrame } from '../../app/session-state.ts';
import { Banner } from '../../components/Banner.tsx';
import { EmptyState } from '../../components/EmptyState.tsx';
import { FailedState } from '../../components/FailedState.tsx';
import { ICON } from '../../components/icon.ts';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { PageBody, PageHead } from '../../components/PageHead.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { codeOf } from '../../components/problem.ts';
import { Columns } from '../../components/Section.tsx';
import { UserConnections } from '../connections/UserConnections.tsx';
import { useDeletionOf } from '../deletions/deletion-queries.ts';
import { PlanDeletion } from '../deletions/PlanDeletion.tsx';
import { DocumentsSection } from './DocumentsSection.tsx';
import { HistorySection } from './HistorySection.tsx';
import { ProfileSection } from './ProfileSection.tsx';
import { QuotaSection } from './QuotaSection.tsx';
import { useActivate, useDeactivate } from './user-changes.ts';

const parent = { title: 'Users', href: href(['users']) };

export function User({ userId }: { readonly userId: string }) {
  const orpc = useConsole();
  const { data, error, refetch } = useQuery(orpc.users.show.queryOptions({ input: { user: userId } }));
  if (data) return <UserScreen user={data.user} />;
  if (error) return <NoUser error={error} onRetry={() => void refetch()} />;
  return (
    <>
      <PageHead title="User" parent={parent} />
      <PageBody>
        <LoadingRows count={10} label="Loading the user" />
      </PageBody>
    </>
  );
}

function UserScreen({ user }: { readonly user: UserAnswer }) {
  const deactivate = useDeactivate();
  const activate = useActivate();
  const isActive = user.status === 'active';
  const change = isActive ? deactivate : activate;
  return (
    <>
      <PageHead
        isReading
        title={user.name}
        parent={parent}
        meta={user.mail}
        actions={<UserActions user={user} change={change} />}
      />
      {user.status === 'deleting' && <BeingDeleted user={user} />}
      <PageBody>
        <ProblemBanner
          error={change.error}
          title={isActive ? `${user.name} was not deactivated.` : `${user.name} was not reactivated.`}
        />
        <Columns
          main={
            <>
              <QuotaSection user={user} />
              <UserConnections user={user} />
              <DocumentsSection user={user} />
            </>
          }
          side={<ProfileSection user={user} />}
          beyond={<HistorySection userId={user.id} />}
        />
      </PageBody>
    </>
  );
}

interface UserActionsProps {
  readonly user: UserAnswer;
  readonly change: ReturnType<typeof useDeactivate>;
}

function UserActions({ user, change }: UserActionsProps) {
  const canChange = useCanChange();
  const { signedIn } = useFrame();
  if (user.status === 'deleting') return null;
  const isSelf = signedIn.userId === user.id;
  const hindrance = isSelf
    ? 'You cannot delete the account that you are signed in with.'
    : canChange
      ? null
      : 'The vault is locked.';
  return (
    <>
      <Button
        disabled={!canChange}
        loading={change.isPending}
        onClick={() => change.mutate({ user: user.id, expectedVersion: user.version })}
      >
        {user.status === 'active' ? 'Deactivate' : 'Reactivate'}
      </Button>
      <PlanDeletion user={user} hindrance={hindrance} />
    </>
  );
}

function BeingDeleted({ user }: { readonly user: UserAnswer }) {
  const deletion = useDeletionOf(user.id);
  return (
    <Banner
      tone="warn"
      glyph="run"
      title={`${user.name} is being deleted.`}
      isWide
      actions={
        <Button size="xs" component="a" href={href(deletion ? ['deletions', deletion.id] : ['deletions'])}>
          Watch the deletion
        </Button>
      }
    >
      The account is closed. Nothing of it can be changed any more.
    </Banner>
  );
}

function NoUser({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const isGone = codeOf(error) === 'NOT_FOUND';
  return (
    <>
      <PageHead title={isGone ? 'No such user' : 'User'} parent={parent} />
      {isGone ? (
        <EmptyState
          icon={<IconUserOff {...ICON.large} />}
          title="There is no such user"
          code="NOT_FOUND"
          isAlert
          actions={
            <Button component="a" href={href(['users'])}>
              Show all users
            </Button>
          }
        >
          It may have been deleted: its history stands in the audit log, and its certificate under Deletions.
        </EmptyState>
      ) : (
        <FailedState error={error} title="The user could not be read" onRetry={onRetry} />
      )}
    </>
  );
}
