import { Radio } from '@mantine/core';
import type { Plan } from '../../../contract/deletions.ts';
import { Section } from '../../components/Section.tsx';
import classes from './WhenDownChoice.module.css';

export type WhenDown = 'wait' | 'without_unreachable' | 'best_effort';

interface WhenDownChoiceProps {
  readonly unreached: Plan['backends'];
  readonly value: WhenDown;
  readonly onChange: (value: WhenDown) => void;
}

/** D7: wait for a backend that is down, go on without what is named, or never wait. */
export function WhenDownChoice({ unreached, value, onChange }: WhenDownChoiceProps) {
  const names = unreached.map(({ label }) => label).join(', ');
  return (
    <Section title="When a backend cannot be reached" meta={names === '' ? 'all can be, now' : `${names}, now`}>
      <Radio.Group
        aria-label="When a backend cannot be reached"
        value={value}
        onChange={(chosen) => onChange(chosen === 'without_unreachable' || chosen === 'best_effort' ? chosen : 'wait')}
      >
        <div className={classes.choice}>
          <Radio
            value="wait"
            label="Wait for it"
            description="The account is deactivated at once. The run goes on by itself when the backend answers, and asks after 14 days."
          />
        </div>
        {unreached.length > 0 && (
          <div className={classes.choice}>
            <Radio
              value="without_unreachable"
              label={`Go on without ${names}`}
              description="What lies there stays and is named on the certificate. For any other backend that goes down later, the run waits."
            />
          </div>
        )}
        <div className={classes.choice}>
          <Radio
            value="best_effort"
            label="Never wait"
            description="Whatever fails, whenever, is left behind and named on the certificate."
          />
        </div>
      </Radio.Group>
    </Section>
  );
}
