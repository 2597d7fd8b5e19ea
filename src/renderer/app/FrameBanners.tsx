import { Button } from '@mantine/core';
import { useState } from 'react';
import { Banner } from '../components/Banner.tsx';
import { UnlockDialog } from '../features/session/UnlockVault.tsx';
import { usePage } from './page-context.ts';
import { href } from './router.ts';
import { useFrame } from './session-state.ts';

/** What has to be known on every screen: a log that does not hold, and a vault that is not open. */
export function FrameBanners() {
  const { state, signedIn } = useFrame();
  return (
    <>
      {state.audit.state === 'tampered' && (
        <Banner
          tone="danger"
          title="TAMPERED: the audit log does not hold."
          isWide
          actions={
            <Button size="xs" component="a" href={href(['audit'])}>
              Show the log
            </Button>
          }
        >
          Somebody or something changed it after it was written. Everything can be read; deletions are refused until
          this is cleared up.
        </Banner>
      )}
      {state.vault.state !== 'available' && <VaultBanner isReadOnly={signedIn.readOnly} />}
      {state.vault.state === 'available' && signedIn.readOnly && <SignInAgainBanner />}
    </>
  );
}

function VaultBanner({ isReadOnly }: { readonly isReadOnly: boolean }) {
  const { state } = useFrame();
  const { queries } = usePage();
  const [isUnlocking, setUnlocking] = useState(false);
  const hasPassphrase = state.vault.way === 'passphrase' && state.vault.state === 'locked';
  return (
    <>
      <Banner
        tone="warn"
        glyph="lock"
        title={state.vault.state === 'locked' ? 'The vault is locked.' : 'The vault cannot be opened.'}
        isWide
        actions={
          hasPassphrase ? (
            <Button size="xs" onClick={() => setUnlocking(true)}>
              Unlock vault
            </Button>
          ) : (
            <Button size="xs" onClick={() => void queries.invalidateQueries()}>
              Look again
            </Button>
          )
        }
      >
        {state.vault.message} {isReadOnly && 'Until then everything can be read and nothing changed; deletions wait.'}
      </Banner>
      <UnlockDialog isOpen={isUnlocking} onClose={() => setUnlocking(false)} />
    </>
  );
}

/** A session that began while seals could not be checked stays read-only until it is proven again. */
function SignInAgainBanner() {
  return (
    <Banner tone="warn" glyph="lock" title="You can only look at things." isWide>
      The vault was locked when you signed in. It is open now: sign out and in again to change anything.
    </Banner>
  );
}
