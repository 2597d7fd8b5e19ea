import type { Plan } from '../../../contract/deletions.ts';
import { Section } from '../../components/Section.tsx';
import classes from './WhatHappens.module.css';

interface Step {
  readonly title: string;
  readonly meaning: string;
}

/** What the button sets going, step by step, and until when it can be taken back. */
export function WhatHappens({ plan }: { readonly plan: Plan }) {
  return (
    <Section title="What happens then">
      <ol className={classes.steps}>
        {stepsOf(plan).map(({ title, meaning }) => (
          <li key={title} className={classes.step}>
            <span className={classes.title}>{title}</span>
            <span className={classes.meaning}>{meaning}</span>
          </li>
        ))}
      </ol>
      <p className={classes.note}>
        Until the first removal is asked for it can be called off, and the account gets back the state that it had.
        After that it can be paused, and no more. It goes on by itself after a restart.
      </p>
    </Section>
  );
}

function stepsOf({ backends }: Plan): readonly Step[] {
  const hasClouds = backends.some(({ cloud }) => cloud);
  const clouds: Step[] = [
    {
      title: 'The clouds are emptied',
      meaning: 'First, while their credentials are there. Only what is the platform’s goes.',
    },
  ];
  const credentials: Step[] = [
    { title: 'Credentials go', meaning: 'Revoked where the provider lets one, then erased with every copy.' },
  ];
  return [
    { title: 'The account is closed', meaning: 'At once. Nobody gets in with it, and nothing of it can be changed.' },
    ...(hasClouds ? clouds : []),
    {
      title: 'The platform’s store is emptied',
      meaning: 'Every object, with its versions and unfinished uploads where the store has those.',
    },
    {
      title: 'Everything is listed again',
      meaning: 'What still stands is tried again; what stays is named with its reason.',
    },
    ...(hasClouds ? credentials : []),
    { title: 'The account goes', meaning: 'With its audit entries, in one transaction.' },
    { title: 'A certificate is signed', meaning: 'What was removed and what was not, to be checked by anybody.' },
  ];
}
