import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import { useCanChange } from '../../app/session-state.ts';
import { Form, FormButtons } from '../../components/Form.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { Section } from '../../components/Section.tsx';
import classes from './Settings.module.css';
import { useSetSettings } from './settings-changes.ts';
import type { SettingsAnswer } from './WorkspaceName.tsx';

/** Q1: from which share of its limit a quota warns, and from which it counts as full. */
export function QuotaShares({ settings }: { readonly settings: SettingsAnswer }) {
  const canChange = useCanChange();
  const [warning, setWarning] = useState(percentText(settings.quotaWarningShare));
  const [full, setFull] = useState(percentText(settings.quotaFullShare));
  const set = useSetSettings('The thresholds were set');
  const [warningShare, fullShare] = [readPercent(warning), readPercent(full)];
  const isUnchanged = warningShare === settings.quotaWarningShare && fullShare === settings.quotaFullShare;
  const isReversed = warningShare !== null && fullShare !== null && warningShare > fullShare;
  const save = () => {
    if (warningShare === null || fullShare === null) return;
    set.mutate({ expectedVersion: settings.version, quotaWarningShare: warningShare, quotaFullShare: fullShare });
  };
  return (
    <Section title="Quotas">
      <Form label="Quotas" onSubmit={save}>
        <div className={classes.shares}>
          <TextInput
            label="Warns from"
            description="% of the limit"
            inputMode="numeric"
            value={warning}
            disabled={!canChange}
            error={warningShare === null ? 'Write a number from 1 to 1000.' : isReversed && 'This is above the next.'}
            onChange={(event) => setWarning(event.currentTarget.value)}
          />
          <TextInput
            label="Full from"
            description="% of the limit"
            inputMode="numeric"
            value={full}
            disabled={!canChange}
            error={fullShare === null && 'Write a number from 1 to 1000.'}
            onChange={(event) => setFull(event.currentTarget.value)}
          />
        </div>
        <ProblemBanner error={set.error} title="The thresholds were not set." />
        <FormButtons>
          <Button
            type="submit"
            loading={set.isPending}
            disabled={!canChange || isUnchanged || isReversed || warningShare === null || fullShare === null}
          >
            Set thresholds
          </Button>
        </FormButtons>
      </Form>
    </Section>
  );
}

function percentText(share: number): string {
  return String(Math.round(share * 10_000) / 100);
}

/** `80` is 0.8. Null for what is no share between 1 and 1000 per cent. */
function readPercent(text: string): number | null {
  const typed = text.trim().replace(/\s*%$/, '');
  if (!/^\d{1,4}(\.\d{1,2})?$/.test(typed)) return null;
  const share = Math.round(Number(typed) * 100) / 10_000;
  return share >= 0.01 && share <= 10 ? share : null;
}
