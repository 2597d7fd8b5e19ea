import { useQuery } from '@tanstack/react-query';
import { countText } from '../../../contract/figures.ts';
import type { SessionState } from '../../app/session-state.ts';
import { Glyph } from '../../components/Glyph.tsx';
import { Mark } from '../../components/Mark.tsx';
import { LargeSeal } from '../../components/Seal.tsx';
import classes from './Entrance.module.css';

interface EntranceProps {
  readonly state: SessionState;
  readonly title: string;
  readonly lead: string;
  readonly children: React.ReactNode;
}

/** The screens before the console itself: the workspace's seal on one side, one purpose on the other. */
export function Entrance({ state, title, lead, children }: EntranceProps) {
  const isTampered = state.audit.state === 'tampered';
  const seal = useWorkspaceSeal(state.workspace.id);
  return (
    <main className={classes.entrance}>
      <title>{`${title} · Quartermaster`}</title>
      <div className={classes.night}>{seal && <LargeSeal hash={seal} isBroken={isTampered} />}</div>
      <div className={classes.side}>
        <div className={classes.form}>
          <Mark size={32} />
          <h1 className={classes.title}>{title}</h1>
          <p className={classes.lead}>{lead}</p>
          {children}
        </div>
        <p className={classes.foot} data-tampered={isTampered || undefined}>
          <LogWords audit={state.audit} />
        </p>
      </div>
    </main>
  );
}

function LogWords({ audit }: { readonly audit: SessionState['audit'] }) {
  const entries = `${countText(audit.entries)} ${audit.entries === 1 ? 'entry' : 'entries'}`;
  if (audit.state === 'tampered')
    return (
      <>
        <Glyph kind="bad" /> Audit log TAMPERED, {entries}
      </>
    );
  if (audit.state === 'unchecked') return <>Audit log not checked yet, {entries}</>;
  return (
    <>
      Audit log intact, {entries}
      {audit.state === 'not_anchored' && ', not anchored'}
    </>
  );
}

/** The name under which this workspace signs its log (its checkpoints' origin), hashed: a face for the workspace, no proof. */
function useWorkspaceSeal(workspaceId: string): string | null {
  const { data } = useQuery({
    queryKey: ['workspace-seal', workspaceId],
    queryFn: async () => {
      const bytes = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`quartermaster/${workspaceId}`));
      return Array.from(new Uint8Array(bytes), (byte) => byte.toString(16).padStart(2, '0')).join('');
    },
    staleTime: Number.POSITIVE_INFINITY,
  });
  return data ?? null;
}
