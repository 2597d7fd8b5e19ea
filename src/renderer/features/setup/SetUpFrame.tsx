import { Glyph } from '../../components/Glyph.tsx';
import { Mark } from '../../components/Mark.tsx';
import classes from './SetUpFrame.module.css';

export type Step = 'workspace' | 'vault' | 'administrator' | 'key';

const ORDER: readonly Step[] = ['workspace', 'vault', 'administrator', 'key'];

interface SetUpFrameProps {
  readonly step: Step;
  readonly workspaceName: string;
  readonly way: 'keychain' | 'passphrase';
  readonly mail: string;
  readonly children: React.ReactNode;
}

export function SetUpFrame({ step, workspaceName, way, mail, children }: SetUpFrameProps) {
  const present = ORDER.indexOf(step);
  const words: Record<Step, { title: string; before: string; after: string }> = {
    workspace: { title: 'Workspace', before: 'its name', after: workspaceName },
    vault: {
      title: 'Vault',
      before: 'keychain or passphrase',
      after: way === 'keychain' ? 'system keychain' : 'passphrase',
    },
    administrator: { title: 'Administrator', before: 'the first one', after: mail },
    key: { title: 'Fingerprint', before: 'to be kept', after: '' },
  };
  return (
    <div className={classes.setUp}>
      <title>Set up · Quartermaster</title>
      <aside className={classes.rail} aria-label="Steps">
        <div className={classes.brand}>
          <Mark size={24} />
          Quartermaster
        </div>
        <ol className={classes.steps}>
          {ORDER.map((name, index) => {
            const isDone = index < present;
            return (
              <li key={name} className={classes.step} aria-current={index === present ? 'step' : undefined}>
                <span className={classes.number} data-done={isDone || undefined}>
                  {isDone ? <Glyph kind="check" /> : index + 1}
                </span>
                <span>
                  <span className={classes.stepTitle}>{words[name].title}</span>
                  <span className={classes.stepNote}>{isDone ? words[name].after : words[name].before}</span>
                </span>
              </li>
            );
          })}
        </ol>
      </aside>
      <main className={classes.main}>
        <div className={classes.content}>{children}</div>
      </main>
    </div>
  );
}
