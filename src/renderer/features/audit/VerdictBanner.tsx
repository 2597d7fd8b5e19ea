import { useMutation, useQueryClient } from '@tanstack/react-query';
import type { Verification } from '../../../contract/audit.ts';
import { countText } from '../../../contract/figures.ts';
import { useConsole } from '../../app/page-context.ts';
import { type SessionState, useFrame } from '../../app/session-state.ts';
import { Banner } from '../../components/Banner.tsx';
import { problemOf } from '../../components/problem.ts';

/** Holds the whole log against its chain and its checkpoints. */
export function useVerifyLog() {
  const orpc = useConsole();
  const queries = useQueryClient();
  return useMutation(
    orpc.audit.verify.mutationOptions({
      onSettled: () =>
        Promise.all([
          queries.invalidateQueries({ queryKey: orpc.session.state.key() }),
          queries.invalidateQueries({ queryKey: orpc.audit.list.key() }),
        ]),
    }),
  );
}

interface VerdictBannerProps {
  readonly verification: Verification | undefined;
  readonly error: unknown;
}

/** The verdict of the check just made, or of the one at the start. The frame says TAMPERED on every screen by itself. */
export function VerdictBanner({ verification, error }: VerdictBannerProps) {
  const { state } = useFrame();
  if (error) {
    const { message, code } = problemOf(error);
    return (
      <Banner tone="danger" title="The log was not verified." isWide isAlert>
        {message} <code>{code}</code>
      </Banner>
    );
  }
  if (!verification) return <StartBanner audit={state.audit} />;
  const { verdict, firstBad, message } = verification;
  if (verdict === 'OK' || verdict === 'UNTRUSTED_KEY')
    return (
      <Banner tone="ok" title="Intact." isWide isAlert>
        {message} The whole log was read for it.
      </Banner>
    );
  return (
    <Banner
      tone="danger"
      title={`${verdict}${firstBad === null ? '' : `: entry ${countText(firstBad)}`}.`}
      isWide
      isAlert
    >
      {message}
    </Banner>
  );
}

function StartBanner({ audit }: { readonly audit: SessionState['audit'] }) {
  switch (audit.state) {
    case 'intact':
      return (
        <Banner tone="ok" title="Intact." isWide>
          The log is what was anchored in the keychain.
        </Banner>
      );
    case 'not_anchored':
      return (
        <Banner tone="ok" title="Intact, not anchored." isWide>
          Its chain holds. Without a keychain a rollback is found only against a checkpoint that is kept elsewhere.
        </Banner>
      );
    case 'unchecked':
      return (
        <Banner tone="warn" title="Not checked yet." isWide>
          The key of the log is in the vault. Verify it when the vault is open.
        </Banner>
      );
    case 'tampered':
      return null;
  }
}
