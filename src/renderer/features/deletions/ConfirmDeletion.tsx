import { Button, Checkbox, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { Plan } from '../../../contract/deletions.ts';
import { plural } from '../../../contract/figures.ts';
import { href } from '../../app/router.ts';
import { useCanChange, useFrame } from '../../app/session-state.ts';
import { Form, Why } from '../../components/Form.tsx';
import { PasswordField } from '../../components/PasswordField.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { problemOf, textIn } from '../../components/problem.ts';
import { Section } from '../../components/Section.tsx';
import { WithCode } from '../session/SignIn.tsx';
import { useStartDeletion } from './deletion-changes.ts';
import type { WhenDown } from './WhenDownChoice.tsx';

interface ConfirmDeletionProps {
  readonly plan: Plan;
  readonly name: string;
  readonly whenDown: WhenDown;
}

/** The last step: the mail address typed, the password, and the one red button. */
export function ConfirmDeletion({ plan, name, whenDown }: ConfirmDeletionProps) {
  const { state } = useFrame();
  const canChange = useCanChange();
  const [typed, setTyped] = useState('');
  const [password, setPassword] = useState('');
  const [review, setReview] = useState(false);
  const start = useStartDeletion();
  const mail = plan.mail ?? '';
  const isTyped = mail !== '' && sameMail(typed, mail);
  const isTampered = state.audit.state === 'tampered';
  const isReady = isTyped && password !== '' && canChange && !isTampered;
  const problem = start.error ? problemOf(start.error) : null;
  const isAboutPassword = problem?.code === 'WRONG_PASSWORD' || problem?.code === 'TOO_MANY_TRIES';
  if (plan.mail === null)
    return (
      <Section title="Confirm">
        <p>This deletion is done: the mail address was erased with it.</p>
      </Section>
    );
  return (
    <Section title="Confirm">
      <Form
        label="Confirm the deletion"
        onSubmit={() => isReady && start.mutate({ planId: plan.id, confirm: typed, password, whenDown, review })}
      >
        <Checkbox
          label="Stop for a review if something of a cloud is left over"
          description="After that the cloud’s credentials are gone, and nothing in it can be tried again."
          checked={review}
          onChange={(event) => setReview(event.currentTarget.checked)}
        />
        <TextInput
          label={
            <>
              Type <strong>{mail}</strong>
            </>
          }
          autoComplete="off"
          spellCheck={false}
          value={typed}
          error={
            problem?.code === 'CONFIRMATION_MISMATCH' && <WithCode message={problem.message} code={problem.code} />
          }
          onChange={(event) => setTyped(event.currentTarget.value)}
        />
        <PasswordField
          label="Your password"
          autoComplete="current-password"
          value={password}
          error={isAboutPassword && problem && <WithCode message={problem.message} code={problem.code} />}
          onChange={(event) => setPassword(event.currentTarget.value)}
        />
        {start.error && !isAboutPassword && problem?.code !== 'CONFIRMATION_MISMATCH' && (
          <ProblemBanner
            error={start.error}
            title="Nothing was begun."
            actions={<WayOn error={start.error} plan={plan} />}
          />
        )}
        <Button type="submit" variant="filled" color="red" fullWidth disabled={!isReady} loading={start.isPending}>
          Delete {name} for good
        </Button>
        {!isReady && <Why>{why({ typed, mail, isTyped, isTampered, canChange, hasPassword: password !== '' })}</Why>}
      </Form>
    </Section>
  );
}

function WayOn({ error, plan }: { readonly error: unknown; readonly plan: Plan }) {
  const deletionId = textIn(error, 'deletionId');
  if (deletionId)
    return (
      <Button size="xs" component="a" href={href(['deletions', deletionId])}>
        Show that deletion
      </Button>
    );
  if (problemOf(error).code !== 'PLAN_OUTDATED') return null;
  return (
    <Button size="xs" component="a" href={href(['users', plan.userId])}>
      Plan again
    </Button>
  );
}

interface Reasons {
  readonly typed: string;
  readonly mail: string;
  readonly isTyped: boolean;
  readonly isTampered: boolean;
  readonly canChange: boolean;
  readonly hasPassword: boolean;
}

function why({ typed, mail, isTyped, isTampered, canChange, hasPassword }: Reasons): string {
  if (isTampered) return 'The audit log does not hold, so no deletion can begin.';
  if (!canChange) return 'The vault is locked, so nothing can be changed now.';
  if (!isTyped) {
    const missing = mail.length - typed.trim().length;
    const isBeginning = mail.toLowerCase().startsWith(typed.trim().toLowerCase());
    const rest =
      missing > 0 && isBeginning
        ? ` ${plural(missing, 'character')} ${missing === 1 ? 'is' : 'are'} missing.`
        : typed === ''
          ? ''
          : ' This is another one.';
    return `Enabled when the mail address is typed in full.${rest}`;
  }
  return hasPassword ? '' : 'Enabled when your password is there.';
}

function sameMail(a: string, b: string): boolean {
  const plain = (text: string) => text.trim().normalize('NFC').toLowerCase();
  return plain(a) === plain(b);
}
