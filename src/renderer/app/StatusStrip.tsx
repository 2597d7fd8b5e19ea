import { useNetwork } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { countText, plural } from '../../contract/figures.ts';
import { Bar } from '../components/Bar.tsx';
import { Glyph, type GlyphKind } from '../components/Glyph.tsx';
import { progressOf } from '../features/deletions/progress.ts';
import { useIsInUse, useRefetchWhileInUse } from './in-use.ts';
import { useConsole } from './page-context.ts';
import { href } from './router.ts';
import classes from './StatusStrip.module.css';
import { type SessionState, useFrame } from './session-state.ts';

/** Across the bottom, always: vault, log and network; what is being deleted and what waits. Grey while all is well. */
export function StatusStrip() {
  const { state } = useFrame();
  const { online } = useNetwork();
  return (
    <footer className={classes.strip} aria-label="State">
      <VaultCell vault={state.vault} />
      <LogCell audit={state.audit} />
      <Cell kind={online ? 'check' : 'warn'} tone={online ? 'well' : 'warn'}>
        {online ? 'Online' : 'Offline'}
      </Cell>
      <div className={classes.rest} />
      <DeletionCells />
    </footer>
  );
}

interface CellProps {
  readonly kind: GlyphKind;
  readonly tone: 'well' | 'warn' | 'danger';
  readonly children: React.ReactNode;
}

function Cell({ kind, tone, children }: CellProps) {
  return (
    <div className={classes.cell} data-tone={tone}>
      {tone === 'well' ? <Glyph kind={kind} tone="quiet" /> : <Glyph kind={kind} />}
      {children}
    </div>
  );
}

function VaultCell({ vault }: { readonly vault: SessionState['vault'] }) {
  if (vault.state === 'available')
    return (
      <Cell kind="check" tone="well">
        Vault unlocked
      </Cell>
    );
  return (
    <Cell kind="lock" tone="warn">
      Vault {vault.state}
    </Cell>
  );
}

function LogCell({ audit }: { readonly audit: SessionState['audit'] }) {
  const entries = `${countText(audit.entries)} ${audit.entries === 1 ? 'entry' : 'entries'}`;
  switch (audit.state) {
    case 'tampered':
      return (
        <Cell kind="bad" tone="danger">
          Audit log TAMPERED
        </Cell>
      );
    case 'unchecked':
      return (
        <Cell kind="clock" tone="warn">
          Audit log unchecked, {entries}
        </Cell>
      );
    case 'not_anchored':
      return (
        <Cell kind="check" tone="well">
          Audit log intact, not anchored, {entries}
        </Cell>
      );
    case 'intact':
      return (
        <Cell kind="check" tone="well">
          Audit log intact, {entries}
        </Cell>
      );
  }
}

const RUNNING_EVERY_MS = 3_000;

function DeletionCells() {
  const orpc = useConsole();
  const isInUse = useIsInUse();
  const idle = useRefetchWhileInUse();
  const { data: running } = useQuery(
    orpc.deletions.list.queryOptions({
      input: { state: 'running', limit: 2 },
      refetchInterval: (query) => (isInUse && query.state.data?.rows.length ? RUNNING_EVERY_MS : idle),
    }),
  );
  const { data: waiting } = useQuery(
    orpc.deletions.list.queryOptions({
      input: { state: 'waiting', limit: 100 },
      refetchInterval: idle,
    }),
  );
  const [first, second] = running?.rows ?? [];
  const waits = waiting?.rows.length ?? 0;
  const share = first ? progressOf(first).share : 0;
  return (
    <>
      {first && (
        <a className={classes.cell} href={href(['deletions', first.id])}>
          <Glyph kind="run" tone="quiet" />
          {second ? 'Deletions run' : `Deleting ${first.mail ?? 'a user'}`}
          <span className={classes.bar}>
            <Bar done={share} />
          </span>
          {Math.floor(share * 100)}&nbsp;%
        </a>
      )}
      {waits > 0 && (
        <a className={classes.cell} href={href(['deletions'])}>
          <Glyph kind="clock" />
          {waiting?.next ? 'over ' : ''}
          {plural(waits, 'deletion')} {waits === 1 ? 'waits' : 'wait'}
        </a>
      )}
    </>
  );
}
