import { Button } from '@mantine/core';
import { IconPlugConnectedX } from '@tabler/icons-react';
import { Activity, lazy, Suspense, useState } from 'react';
import { EmptyState } from '../components/EmptyState.tsx';
import { ICON } from '../components/icon.ts';
import { useIsSlow } from '../components/LoadingRows.tsx';
import { Mark } from '../components/Mark.tsx';
import { codeOf, problemOf } from '../components/problem.ts';
import { BarPatterns } from '../components/QuotaBar.tsx';
import { ToastProvider } from '../components/Toasts.tsx';
import { FirstPassword } from '../features/session/FirstPassword.tsx';
import { SignIn } from '../features/session/SignIn.tsx';
import { UnlockVault } from '../features/session/UnlockVault.tsx';
import { LineLost } from './console-line.ts';
import { useLineState, usePage } from './page-context.ts';
import { FrameSkeleton } from './Skeleton.tsx';
import { FrameContext, useSessionState } from './session-state.ts';

const SetUp = lazy(() => import('../features/setup/SetUp.tsx').then(({ SetUp }) => ({ default: SetUp })));
/** Fetched at once: by the time that somebody is signed in it is there. */
const frame = import('./Frame.tsx').then(({ Frame }) => ({ default: Frame }));
frame.catch(() => {}); // Where it does not come, whoever draws it hears of it.
const Frame = lazy(() => frame);

/** What the console is ready for: set-up, unlock, sign-in, or the screens. */
export function App() {
  const { line, session } = usePage();
  const lineState = useLineState();
  const { data: state, error, refetch } = useSessionState();
  const [isSettingUp, setSettingUp] = useState(false);
  const [isLookingOnly, setLookingOnly] = useState(false);
  /** Whose screens are kept: also while the session has ended, so that nothing typed is lost until the same person is back. */
  const [frameOf, setFrameOf] = useState<string | null>(null);

  if (lineState === 'not_admitted') return <NotAdmittedScreen />;
  if (!state) {
    if (!error && lineState !== 'lost') return session.isKept() ? <FrameSkeleton /> : <ConnectingScreen />;
    return (
      <UnreachableScreen
        error={error}
        onRetry={() => {
          line.retry();
          void refetch();
        }}
      />
    );
  }
  if (!state.workspace.isSetUp || isSettingUp)
    return (
      <Suspense fallback={<ConnectingScreen />}>
        <SetUp vault={state.vault} onMade={() => setSettingUp(true)} onDone={() => setSettingUp(false)} />
      </Suspense>
    );

  const { signedIn, vault } = state;
  if (signedIn && !signedIn.passwordMustChange && frameOf !== signedIn.userId) setFrameOf(signedIn.userId);
  const isIn = signedIn !== null && !signedIn.passwordMustChange;
  const isToUnlock = vault.state === 'locked' && vault.way === 'passphrase' && !isLookingOnly;
  const contents = signedIn && { state, signedIn, onSignedOut: () => setFrameOf(null) };
  return (
    <FrameContext value={contents}>
      <BarPatterns />
      {frameOf !== null && (isIn || signedIn === null) && (
        <Activity mode={isIn ? 'visible' : 'hidden'} key={frameOf}>
          <ToastProvider>
            <Suspense fallback={<FrameSkeleton />}>
              <Frame />
            </Suspense>
          </ToastProvider>
        </Activity>
      )}
      {signedIn?.passwordMustChange && <FirstPassword state={state} signedIn={signedIn} />}
      {!signedIn && isToUnlock && <UnlockVault state={state} onSkip={() => setLookingOnly(true)} />}
      {!signedIn && !isToUnlock && <SignIn state={state} hasEnded={frameOf !== null} />}
    </FrameContext>
  );
}

function NotAdmittedScreen() {
  return (
    <main>
      <title>Not admitted · Quartermaster</title>
      <EmptyState
        icon={<IconPlugConnectedX {...ICON.large} />}
        title="This tab is not admitted"
        code="NOT_ADMITTED"
        isPage
      >
        The console opens for whoever has its link, and a link works once. Open the file that the terminal names, or
        press Enter there for a new link.
      </EmptyState>
    </main>
  );
}

function ConnectingScreen() {
  const isSlow = useIsSlow();
  return (
    <main>
      <title>Quartermaster</title>
      <EmptyState icon={<Mark size={24} />} title="Quartermaster" isPage>
        {isSlow && 'It is opening the console and reading its workspace.'}
      </EmptyState>
    </main>
  );
}

function UnreachableScreen({ error, onRetry }: { readonly error: unknown; readonly onRetry: () => void }) {
  const { message, code } = problemOf(error ?? new LineLost());
  const isRefusal = codeOf(error) !== null;
  return (
    <main>
      <title>No answer · Quartermaster</title>
      <EmptyState
        icon={<IconPlugConnectedX {...ICON.large} />}
        title={isRefusal ? 'The console cannot be shown' : 'The console does not answer'}
        code={code}
        isAlert
        isPage
        actions={
          <Button variant="filled" onClick={onRetry}>
            Try again
          </Button>
        }
      >
        {isRefusal
          ? message
          : 'It may be starting, or it was ended. Nothing was changed. It is tried again by itself; if that does not help, start it again.'}
      </EmptyState>
    </main>
  );
}
