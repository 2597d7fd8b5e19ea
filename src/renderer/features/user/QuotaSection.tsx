import { Button } from '@mantine/core';
import { useState } from 'react';
import { limitText, sizeText } from '../../../contract/figures.ts';
import type { User } from '../../../contract/users.ts';
import { useCanChange } from '../../app/session-state.ts';
import { Banner } from '../../components/Banner.tsx';
import { Form, FormButtons } from '../../components/Form.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { QuotaRuler } from '../../components/QuotaRuler.tsx';
import { shareText } from '../../components/quota-bar.ts';
import { Section } from '../../components/Section.tsx';
import { SizeField } from '../../components/SizeField.tsx';
import { TimeText } from '../../components/TimeText.tsx';
import { parseSize } from '../../components/typed-size.ts';
import classes from './QuotaSection.module.css';
import { useSetLimit } from './user-changes.ts';

export function QuotaSection({ user }: { readonly user: User }) {
  const { quota } = user;
  const canChange = useCanChange();
  const [typed, setTyped] = useState<string | null>(null);
  const setLimit = useSetLimit(user);
  const parsed = typed === null || typed.trim() === '' ? null : parseSize(typed);
  const next = parsed?.ok ? parsed.bytes : undefined;
  const save = () => {
    if (next === undefined) return;
    setLimit.mutate(
      { user: user.id, limitBytes: next, expectedVersion: quota.version },
      { onSuccess: () => setTyped(null) },
    );
  };
  return (
    <Section
      title="Quota"
      meta={<QuotaMeta quota={quota} />}
      actions={
        typed === null && (
          <Button
            size="xs"
            variant="subtle"
            disabled={!canChange || user.status === 'deleting'}
            onClick={() => setTyped('')}
          >
            Change limit
          </Button>
        )
      }
    >
      <div className={classes.ruler}>
        <QuotaRuler state={quota.state} usedBytes={quota.usedBytes} limitBytes={quota.limitBytes} nextBytes={next} />
      </div>
      {typed !== null && (
        <Form label="Set the limit" onSubmit={save}>
          <div className={classes.field}>
            <SizeField
              label="New limit"
              value={typed}
              onChange={setTyped}
              help="Such as 20 GiB, 500 MiB, or unlimited."
              autoFocus
            />
            <FormButtons>
              <Button type="submit" variant="filled" disabled={next === undefined} loading={setLimit.isPending}>
                Set limit
              </Button>
              <Button
                onClick={() => {
                  setTyped(null);
                  setLimit.reset();
                }}
              >
                Cancel
              </Button>
            </FormButtons>
          </div>
        </Form>
      )}
      <BelowUsage
        usedBytes={quota.usedBytes}
        nextBytes={typed === null ? quota.limitBytes : next}
        isTyped={typed !== null}
      />
      <ProblemBanner error={setLimit.error} title="The limit was not set." />
    </Section>
  );
}

function QuotaMeta({ quota }: { readonly quota: User['quota'] }) {
  if (quota.state === 'uncounted') return <>nothing counted yet</>;
  const counted = quota.countedAt && (
    <>
      , counted <TimeText time={quota.countedAt} />
    </>
  );
  if (quota.limitBytes === null)
    return (
      <>
        <strong className={classes.figure}>{sizeText(quota.usedBytes)}</strong>, no limit{counted}
      </>
    );
  return (
    <>
      <strong className={classes.figure}>
        {sizeText(quota.usedBytes)} of {limitText(quota.limitBytes)}
      </strong>
      , {shareText(quota)}&nbsp;%{counted}
    </>
  );
}

interface BelowUsageProps {
  readonly usedBytes: number;
  readonly nextBytes: number | null | undefined;
  readonly isTyped: boolean;
}

/** Q2: one below present usage is allowed; that it is, is said before and after. */
function BelowUsage({ usedBytes, nextBytes, isTyped }: BelowUsageProps) {
  if (nextBytes === null || nextBytes === undefined || nextBytes >= usedBytes) return null;
  const difference = sizeText(usedBytes - nextBytes);
  return (
    <div className={classes.warning}>
      <Banner
        tone="warn"
        title={
          isTyped
            ? `${limitText(nextBytes)} is ${difference} below present usage.`
            : `Usage is ${difference} over the limit.`
        }
      >
        {isTyped
          ? `Nothing is removed. The user counts as full until usage is under ${limitText(nextBytes)}.`
          : 'Nothing is removed. Free space or raise the limit.'}
      </Banner>
    </div>
  );
}
