import { Button } from '@mantine/core';
import { lazy, Suspense } from 'react';
import { Banner } from '../components/Banner.tsx';
import { LoadingRows } from '../components/LoadingRows.tsx';
import { UnderHead } from '../components/under-head.ts';
import { StepUpProvider } from '../features/session/StepUp.tsx';
import classes from './Frame.module.css';
import { FrameBanners } from './FrameBanners.tsx';
import { useLineState, usePage } from './page-context.ts';
import { type Route, useRoute } from './router.ts';
import { ScreenBoundary } from './ScreenBoundary.tsx';
import { Sidebar } from './Sidebar.tsx';
import { StatusStrip } from './StatusStrip.tsx';

const Users = lazy(() => import('../features/users/Users.tsx').then(({ Users }) => ({ default: Users })));
const User = lazy(() => import('../features/user/User.tsx').then(({ User }) => ({ default: User })));
const DeletionPlan = lazy(() =>
  import('../features/deletions/DeletionPlan.tsx').then(({ DeletionPlan }) => ({ default: DeletionPlan })),
);
const Deletions = lazy(() =>
  import('../features/deletions/Deletions.tsx').then(({ Deletions }) => ({ default: Deletions })),
);
const DeletionRun = lazy(() =>
  import('../features/deletions/DeletionRun.tsx').then(({ DeletionRun }) => ({ default: DeletionRun })),
);
const Certificate = lazy(() =>
  import('../features/deletions/Certificate.tsx').then(({ Certificate }) => ({ default: Certificate })),
);
const AuditLog = lazy(() => import('../features/audit/AuditLog.tsx').then(({ AuditLog }) => ({ default: AuditLog })));
const Settings = lazy(() =>
  import('../features/settings/Settings.tsx').then(({ Settings }) => ({ default: Settings })),
);

const news = (
  <>
    <LineBanner />
    <FrameBanners />
  </>
);

/** Sidebar, screen and status strip: everything behind sign-in. */
export function Frame() {
  const route = useRoute();
  const path = route.parts.join('/');
  return (
    <StepUpProvider>
      <div className={classes.frame}>
        <Sidebar place={route.parts[0] ?? 'users'} />
        <main className={classes.main} id="main" tabIndex={-1}>
          <UnderHead value={news}>
            <ScreenBoundary key={path}>
              <Suspense fallback={<LoadingRows count={12} />}>{screenFor(route)}</Suspense>
            </ScreenBoundary>
          </UnderHead>
        </main>
        <StatusStrip />
      </div>
    </StepUpProvider>
  );
}

function screenFor({ parts }: Route): React.ReactNode {
  const [place = 'users', id, part] = parts;
  switch (place) {
    case 'plans':
      return id ? <DeletionPlan key={id} planId={id} /> : <Deletions />;
    case 'deletions':
      if (id && part === 'certificate') return <Certificate key={id} deletionId={id} />;
      return id ? <DeletionRun key={id} deletionId={id} /> : <Deletions />;
    case 'audit':
      return <AuditLog />;
    case 'settings':
      return <Settings />;
    default:
      return id ? <User key={id} userId={id} /> : <Users />;
  }
}

function LineBanner() {
  const { line } = usePage();
  if (useLineState() !== 'lost') return null;
  return (
    <Banner
      tone="danger"
      title="The console does not answer."
      isWide
      isAlert
      actions={
        <Button size="xs" onClick={line.retry}>
          Try now
        </Button>
      }
    >
      What is shown may be old. It is tried again by itself; work under way goes on without this window.{' '}
      <code>LINE_LOST</code>
    </Banner>
  );
}
