import { Button } from '@mantine/core';
import { Suspense, useDeferredValue, useEffect } from 'react';
import { Banner } from '../components/Banner.tsx';
import { UnderHead } from '../components/under-head.ts';
import { StepUpProvider } from '../features/session/StepUp.tsx';
import classes from './Frame.module.css';
import { FrameBanners } from './FrameBanners.tsx';
import { useLineState, usePage } from './page-context.ts';
import { readyScreen } from './ready-screen.ts';
import { type Route, useRoute } from './router.ts';
import { ScreenBoundary } from './ScreenBoundary.tsx';
import { Sidebar } from './Sidebar.tsx';
import { ScreenSkeleton } from './Skeleton.tsx';
import { StatusStrip } from './StatusStrip.tsx';

const Users = readyScreen(async () => (await import('../features/users/Users.tsx')).Users);
const User = readyScreen(async () => (await import('../features/user/User.tsx')).User);
const DeletionPlan = readyScreen(async () => (await import('../features/deletions/DeletionPlan.tsx')).DeletionPlan);
const Deletions = readyScreen(async () => (await import('../features/deletions/Deletions.tsx')).Deletions);
const DeletionRun = readyScreen(async () => (await import('../features/deletions/DeletionRun.tsx')).DeletionRun);
const Certificate = readyScreen(async () => (await import('../features/deletions/Certificate.tsx')).Certificate);
const Storage = readyScreen(async () => (await import('../features/storage/Storage.tsx')).Storage);
const StorageProfile = readyScreen(async () => (await import('../features/storage/StorageProfile.tsx')).StorageProfile);
const AuditLog = readyScreen(async () => (await import('../features/audit/AuditLog.tsx')).AuditLog);
const Settings = readyScreen(async () => (await import('../features/settings/Settings.tsx')).Settings);
const screens = [
  Users,
  User,
  DeletionPlan,
  DeletionRun,
  Deletions,
  Certificate,
  Storage,
  StorageProfile,
  AuditLog,
  Settings,
];
/** The first screen goes first. */
const READY_AFTER_MS = 500;

const news = (
  <>
    <LineBanner />
    <FrameBanners />
  </>
);

/** Sidebar, screen and status strip: everything behind sign-in. */
export function Frame() {
  const wanted = useRoute();
  // The screen that is left stays until the next one can be drawn.
  const route = useDeferredValue(wanted);
  const path = route.parts.join('/');
  useEffect(() => {
    const timer = setTimeout(() => {
      for (const { load } of screens) void load();
    }, READY_AFTER_MS);
    return () => clearTimeout(timer);
  }, []);
  return (
    <StepUpProvider>
      <div className={classes.frame}>
        <Sidebar place={wanted.parts[0] ?? 'users'} />
        <main className={classes.main} id="main" tabIndex={-1}>
          <UnderHead value={news}>
            <Suspense fallback={<ScreenSkeleton />}>
              <ScreenBoundary key={path}>{screenFor(route)}</ScreenBoundary>
            </Suspense>
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
      return id ? <DeletionPlan.Screen key={id} planId={id} /> : <Deletions.Screen />;
    case 'deletions':
      if (id && part === 'certificate') return <Certificate.Screen key={id} deletionId={id} />;
      return id ? <DeletionRun.Screen key={id} deletionId={id} /> : <Deletions.Screen />;
    case 'storage':
      return id ? <StorageProfile.Screen key={id} name={id} /> : <Storage.Screen />;
    case 'audit':
      return <AuditLog.Screen />;
    case 'settings':
      return <Settings.Screen />;
    default:
      return id ? <User.Screen key={id} userId={id} /> : <Users.Screen />;
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
