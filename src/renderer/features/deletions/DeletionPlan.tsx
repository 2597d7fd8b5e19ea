import { Button } from '@mantine/core';
import { IconFileOff } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Plan } from '../../../contract/deletions.ts';
import { useConsole } from '../../app/page-context.ts';
import { href } from '../../app/router.ts';
import { EmptyState } from '../../components/EmptyState.tsx';
import { FailedState } from '../../components/FailedState.tsx';
import { Hash } from '../../components/Ids.tsx';
import { ICON } from '../../components/icon.ts';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { PageBody, PageHead } from '../../components/PageHead.tsx';
import { codeOf } from '../../components/problem.ts';
import { Seal } from '../../components/Seal.tsx';
import { Columns, Section } from '../../components/Section.tsx';
import { saveText } from '../../components/save-text.ts';
import { exactText } from '../../components/time.ts';
import { DocumentsSection } from '../user/DocumentsSection.tsx';
import { ConfirmDeletion } from './ConfirmDeletion.tsx';
import classes from './DeletionPlan.module.css';
import { PlanTable } from './PlanTable.tsx';
import { WhatHappens } from './WhatHappens.tsx';
import { type WhenDown, WhenDownChoice } from './WhenDownChoice.tsx';

const parent = { title: 'Deletions', href: href(['deletions']) };

/** What a deletion would remove, exactly, frozen; and the last step, at its end. */
export function DeletionPlan({ planId }: { readonly planId: string }) {
  const orpc = useConsole();
  const { data, error, refetch } = useQuery(orpc.deletions.showPlan.queryOptions({ input: { planId } }));
  if (data) return <PlanScreen plan={data.plan} />;
  if (!error)
    return (
      <>
        <PageHead title="Plan" parent={parent} />
        <PageBody>
          <LoadingRows count={10} label="Loading the plan" />
        </PageBody>
      </>
    );
  const isGone = codeOf(error) === 'NOT_FOUND';
  return (
    <>
      <PageHead title="Plan" parent={parent} />
      {isGone ? (
        <EmptyState
          icon={<IconFileOff {...ICON.large} />}
          title="There is no such plan"
          code="NOT_FOUND"
          isAlert
          actions={
            <Button component="a" href={href(['users'])}>
              Show all users
            </Button>
          }
        >
          Plan again from the user’s page.
        </EmptyState>
      ) : (
        <FailedState error={error} title="The plan could not be read" onRetry={() => void refetch()} />
      )}
    </>
  );
}

function PlanScreen({ plan }: { readonly plan: Plan }) {
  const orpc = useConsole();
  const { data } = useQuery(orpc.users.show.queryOptions({ input: { user: plan.userId }, retry: false }));
  const unreached = plan.backends.filter(({ reachable }) => !reachable);
  const [whenDown, setWhenDown] = useState<WhenDown>('wait');
  const name = data?.user.name ?? plan.mail ?? 'this user';
  return (
    <>
      <PageHead
        isReading
        title={`Delete ${name}`}
        parent={parent}
        meta={plan.mail}
        actions={
          <>
            <Button onClick={() => saveText(`plan-${plan.id}.json`, 'application/json', JSON.stringify(plan, null, 2))}>
              Save plan
            </Button>
            <Button component="a" href={href(['users', plan.userId])}>
              Keep {name}
            </Button>
          </>
        }
      />
      <PageBody>
        <Columns
          main={
            <>
              <PlanTable plan={plan} />
              <WhenDownChoice unreached={unreached} value={whenDown} onChange={setWhenDown} />
              {data && <DocumentsSection user={data.user} />}
            </>
          }
          side={
            <>
              <FrozenPlan plan={plan} />
              <ConfirmDeletion plan={plan} name={name} whenDown={whenDown} />
            </>
          }
          beyond={<WhatHappens plan={plan} />}
        />
      </PageBody>
    </>
  );
}

function FrozenPlan({ plan }: { readonly plan: Plan }) {
  return (
    <Section title="Frozen plan" meta={<time dateTime={plan.createdAt}>{exactText(plan.createdAt)}</time>}>
      <div className={classes.frozen}>
        <Seal hash={plan.hash} size={96} />
        <Hash hash={plan.hash} what="the plan’s hash" />
      </div>
      <p className={classes.note}>
        The run removes what stands here. If it would remove over 10&nbsp;% and over 100 objects more, it stops and
        asks.
      </p>
    </Section>
  );
}
