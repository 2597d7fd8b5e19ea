import { Button, Radio, TextInput } from '@mantine/core';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { useConsole } from '../../app/page-context.ts';
import { type SessionState, useEnter } from '../../app/session-state.ts';
import { Form, FormButtons } from '../../components/Form.tsx';
import { Badge } from '../../components/Glyph.tsx';
import { PasswordField } from '../../components/PasswordField.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { type Problem, problemOf } from '../../components/problem.ts';
import { KeepTheKey } from './KeepTheKey.tsx';
import classes from './SetUp.module.css';
import { SetUpFrame, type Step } from './SetUpFrame.tsx';

interface Answers {
  readonly workspaceName: string;
  readonly way: 'keychain' | 'passphrase';
  readonly passphrase: string;
  readonly passphraseAgain: string;
  readonly name: string;
  readonly mail: string;
  readonly password: string;
  readonly passwordAgain: string;
}

type Change = (change: Partial<Answers>) => void;

interface SetUpProps {
  readonly vault: SessionState['vault'];
  /** The workspace is there from now on, whatever the answer of `session.state` that is on its way says. */
  readonly onMade: () => void;
  readonly onDone: () => void;
}

/** First start: workspace, vault, first administrator, and the key that the log is held against. */
export function SetUp({ vault, onMade, onDone }: SetUpProps) {
  const orpc = useConsole();
  const enter = useEnter();
  const [step, setStep] = useState<Exclude<Step, 'key'>>('workspace');
  const [made, setMade] = useState<{ readonly auditKey: string; readonly token: string } | null>(null);
  const [answers, setAnswers] = useState<Answers>({
    workspaceName: '',
    way: vault.keychainUsable ? 'keychain' : 'passphrase',
    passphrase: '',
    passphraseAgain: '',
    name: '',
    mail: '',
    password: '',
    passwordAgain: '',
  });
  const setUp = useMutation(
    orpc.session.setUp.mutationOptions({
      onMutate: onMade,
      onSuccess: ({ token, auditKey }) => setMade({ token, auditKey }),
    }),
  );
  const problem = setUp.error ? problemOf(setUp.error) : null;
  const change: Change = (changed) => setAnswers((before) => ({ ...before, ...changed }));
  const make = () =>
    setUp.mutate({
      workspaceName: answers.workspaceName,
      mail: answers.mail,
      name: answers.name,
      password: answers.password,
      ...(answers.way === 'passphrase' ? { passphrase: answers.passphrase } : {}),
    });

  if (made)
    return (
      <SetUpFrame step="key" workspaceName={answers.workspaceName} way={answers.way} mail={answers.mail}>
        <KeepTheKey
          auditKey={made.auditKey}
          onDone={async () => {
            await enter(made.token, null);
            onDone();
          }}
        />
      </SetUpFrame>
    );
  return (
    <SetUpFrame step={step} workspaceName={answers.workspaceName} way={answers.way} mail={answers.mail}>
      {step === 'workspace' && <WorkspaceStep answers={answers} change={change} onNext={() => setStep('vault')} />}
      {step === 'vault' && (
        <VaultStep
          answers={answers}
          change={change}
          vault={vault}
          onBack={() => setStep('workspace')}
          onNext={() => setStep('administrator')}
        />
      )}
      {step === 'administrator' && (
        <AdministratorStep
          answers={answers}
          change={change}
          problem={problem}
          isMaking={setUp.isPending}
          onBack={() => setStep('vault')}
          onNext={make}
        >
          <ProblemBanner error={setUp.error} title="Nothing was set up." />
        </AdministratorStep>
      )}
    </SetUpFrame>
  );
}

interface StepProps {
  readonly answers: Answers;
  readonly change: Change;
  readonly onNext: () => void;
}

function WorkspaceStep({ answers, change, onNext }: StepProps) {
  const { workspaceName } = answers;
  return (
    <>
      <h1 className={classes.title}>A new workspace</h1>
      <p className={classes.lead}>
        One workspace is one platform: its users, their quotas and clouds, and the record of what was done.
      </p>
      <Form label="Workspace" onSubmit={onNext}>
        <TextInput
          label="Name of the platform"
          description="Stands on every screen. It can be changed later."
          placeholder="Harbour Archive"
          autoFocus
          value={workspaceName}
          onChange={(event) => change({ workspaceName: event.currentTarget.value })}
        />
        <FormButtons>
          <Button type="submit" variant="filled" disabled={workspaceName.trim() === ''}>
            Go on
          </Button>
        </FormButtons>
      </Form>
    </>
  );
}

interface VaultStepProps extends StepProps {
  readonly vault: SessionState['vault'];
  readonly onBack: () => void;
}

function VaultStep({ answers, change, vault, onBack, onNext }: VaultStepProps) {
  const { way, passphrase, passphraseAgain } = answers;
  const isPassphrase = way === 'passphrase';
  const isUnlike = passphraseAgain !== '' && passphraseAgain !== passphrase;
  const isShort = passphrase !== '' && passphrase.length < 10;
  return (
    <>
      <h1 className={classes.title}>Where the vault’s key is kept</h1>
      <p className={classes.lead}>
        Credentials of clouds and storage are encrypted with a key that only this machine’s keychain, or a passphrase,
        can open.
      </p>
      <Form label="Vault" onSubmit={onNext}>
        <Radio.Group
          aria-label="Where the vault’s key is kept"
          value={way}
          onChange={(chosen) => change({ way: chosen === 'keychain' ? 'keychain' : 'passphrase' })}
        >
          <div className={classes.choice}>
            <Radio
              value="keychain"
              disabled={!vault.keychainUsable}
              label={
                <span className={classes.choiceLabel}>
                  System keychain{' '}
                  {vault.keychainUsable ? (
                    <Badge kind="check">found, unlocked</Badge>
                  ) : (
                    <Badge kind="ring">not usable</Badge>
                  )}
                </span>
              }
              description={
                vault.keychainUsable
                  ? 'Opens by itself when you are signed in to this machine.'
                  : 'None answers here, or it is locked. Start or unlock it (on Linux gnome-keyring or KWallet) before the console, or choose a passphrase.'
              }
            />
          </div>
          <div className={classes.choice}>
            <Radio
              value="passphrase"
              label={<span className={classes.choiceLabel}>Passphrase</span>}
              description="Asked for at every start. For machines without a keychain."
            />
          </div>
        </Radio.Group>
        {isPassphrase && (
          <>
            <PasswordField
              label="Passphrase"
              autoComplete="new-password"
              description="At least 10 characters. Without it nobody can read the credentials again, so keep it where you can find it."
              value={passphrase}
              error={isShort && 'This has fewer than 10 characters.'}
              onChange={(event) => change({ passphrase: event.currentTarget.value })}
            />
            <PasswordField
              label="Passphrase again"
              autoComplete="new-password"
              value={passphraseAgain}
              error={isUnlike && 'This is not the same as above.'}
              onChange={(event) => change({ passphraseAgain: event.currentTarget.value })}
            />
          </>
        )}
        <FormButtons>
          <Button
            type="submit"
            variant="filled"
            disabled={isPassphrase && (passphrase.length < 10 || passphrase !== passphraseAgain)}
          >
            Go on
          </Button>
          <Button onClick={onBack}>Back</Button>
        </FormButtons>
      </Form>
    </>
  );
}

interface AdministratorStepProps extends StepProps {
  readonly problem: Problem | null;
  readonly isMaking: boolean;
  readonly onBack: () => void;
  readonly children: React.ReactNode;
}

function AdministratorStep({ answers, change, problem, isMaking, onBack, onNext, children }: AdministratorStepProps) {
  const { name, mail, password, passwordAgain } = answers;
  const isUnlike = passwordAgain !== '' && passwordAgain !== password;
  const isShort = password !== '' && password.length < 10;
  return (
    <>
      <h1 className={classes.title}>The first administrator</h1>
      <p className={classes.lead}>Signs in to this console and can create everybody else.</p>
      <Form label="First administrator" onSubmit={onNext}>
        <TextInput
          label="Name"
          autoComplete="name"
          autoFocus
          value={name}
          error={problem?.fields.name}
          onChange={(event) => change({ name: event.currentTarget.value })}
        />
        <TextInput
          label="Mail"
          type="email"
          autoComplete="username"
          description="Used to sign in"
          value={mail}
          error={problem?.fields.mail}
          onChange={(event) => change({ mail: event.currentTarget.value })}
        />
        <PasswordField
          label="Password"
          autoComplete="new-password"
          description="At least 10 characters. Length is what counts."
          value={password}
          error={problem?.fields.password ?? (isShort && 'This has fewer than 10 characters.')}
          onChange={(event) => change({ password: event.currentTarget.value })}
        />
        <PasswordField
          label="Password again"
          autoComplete="new-password"
          value={passwordAgain}
          error={isUnlike && 'This is not the same as above.'}
          onChange={(event) => change({ passwordAgain: event.currentTarget.value })}
        />
        {children}
        <FormButtons>
          <Button
            type="submit"
            variant="filled"
            loading={isMaking}
            disabled={name.trim() === '' || mail.trim() === '' || password.length < 10 || password !== passwordAgain}
          >
            Set up workspace
          </Button>
          <Button onClick={onBack} disabled={isMaking}>
            Back
          </Button>
        </FormButtons>
      </Form>
    </>
  );
}
