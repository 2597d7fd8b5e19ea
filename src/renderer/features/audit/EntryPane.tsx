import { CloseButton } from '@mantine/core';
import type { AuditEntry } from '../../../contract/audit.ts';
import { countText } from '../../../contract/figures.ts';
import { href } from '../../app/router.ts';
import { Status } from '../../components/Glyph.tsx';
import { Hash, ShortId } from '../../components/Ids.tsx';
import { Properties, Property, Section } from '../../components/Section.tsx';
import { exactText } from '../../components/time.ts';
import classes from './EntryPane.module.css';
import { entryWords } from './event-words.ts';

interface EntryPaneProps {
  readonly entry: AuditEntry;
  readonly actor: string;
  readonly onClose: () => void;
}

export function EntryPane({ entry, actor, onClose }: EntryPaneProps) {
  const { origin, outcome, target } = entry;
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reachable by keyboard
    <aside className={classes.pane} aria-label={`Entry ${entry.sequence}`} tabIndex={0}>
      <div className={classes.head}>
        <h2 className={classes.title}>Entry {countText(entry.sequence)}</h2>
        <CloseButton aria-label="Close the entry" onClick={onClose} />
      </div>
      <p className={classes.words}>{entryWords(entry)}</p>
      <Properties>
        <Property label="Event">
          <code>{entry.event}</code>
        </Property>
        <Property label="Time">{exactText(entry.time)}</Property>
        <Property label="Actor">{actor}</Property>
        {entry.onBehalfOf && (
          <Property label="On behalf of">
            <ShortId id={entry.onBehalfOf} />
          </Property>
        )}
        <Property label="Target">{target ? <Target target={target} /> : 'none'}</Property>
        <Property label="Outcome">
          {outcome === 'done' ? <Status kind="check">done</Status> : <Status kind="bad">{outcome}</Status>}
        </Property>
        <Property label="Origin">
          {origin.host}, {origin.osAccount} on {origin.machine}
        </Property>
        <Property label="Address">{origin.networkAddress ?? '—'}</Property>
      </Properties>
      <div className={classes.section}>
        <Section title="Metadata" isFine>
          <pre className={classes.metadata}>{JSON.stringify(entry.metadata, null, 2)}</pre>
        </Section>
      </div>
      <div className={classes.section}>
        <Section title="Chain" isFine>
          <Hash hash={entry.hash} what="the entry’s hash" />
        </Section>
      </div>
    </aside>
  );
}

function Target({ target }: { readonly target: NonNullable<AuditEntry['target']> }) {
  const place =
    target.kind === 'user'
      ? 'users'
      : target.kind === 'deletion'
        ? 'deletions'
        : target.kind === 'plan'
          ? 'plans'
          : null;
  return (
    <>
      {place ? <a href={href([place, target.id])}>{target.kind}</a> : target.kind}{' '}
      <ShortId id={target.id} what="the target’s id" />
    </>
  );
}
