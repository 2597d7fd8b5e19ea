import { ActionIcon, Button, Menu } from '@mantine/core';
import { IconBucket, IconCloud, IconDots } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { Connection } from '../../../contract/connections.ts';
import { plural, sizeText } from '../../../contract/figures.ts';
import type { IndexRun } from '../../../contract/storage.ts';
import type { User } from '../../../contract/users.ts';
import { useConsole } from '../../app/page-context.ts';
import { useCanChange } from '../../app/session-state.ts';
import { Status } from '../../components/Glyph.tsx';
import { ICON } from '../../components/icon.ts';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { Section } from '../../components/Section.tsx';
import { TimeText } from '../../components/TimeText.tsx';
import { newestRunOf } from '../storage/places.ts';
import { useCancelIndex } from '../storage/storage-changes.ts';
import { useIndexRuns, useWatchedRun } from '../storage/storage-queries.ts';
import { RUN_STATES, resultText } from '../storage/storage-words.ts';
import { AddConnection } from './AddConnection.tsx';
import { useIndexConnection, useLastTestSaid, useTestConnection } from './connection-changes.ts';
import { CONNECTION_STATES, PROVIDER_NAMES } from './connection-words.ts';
import { RemoveConnection } from './RemoveConnection.tsx';
import { ReplaceSecret } from './ReplaceSecret.tsx';
import classes from './UserConnections.module.css';

const MOST = 100;

/** A user's links to clouds: which, whose account, whether they work; add, test, remove. */
export function UserConnections({ user }: { readonly user: User }) {
  const orpc = useConsole();
  const canChange = useCanChange() && user.status !== 'deleting';
  const [isAdding, setAdding] = useState(false);
  const { data, error } = useQuery(orpc.connections.list.queryOptions({ input: { user: user.id, limit: MOST } }));
  const runs = useIndexRuns();
  return (
    <Section
      title="Connections"
      meta={data?.rows.length}
      actions={
        <Button size="xs" variant="subtle" disabled={!canChange} onClick={() => setAdding(true)}>
          Add connection
        </Button>
      }
    >
      <ProblemBanner error={error} title="The connections could not be read." />
      {!data && !error && <LoadingRows count={2} label="Loading connections" />}
      {data?.rows.length === 0 && <p className={classes.none}>No cloud is connected.</p>}
      <ul className={classes.list}>
        {data?.rows.map((connection) => (
          <ConnectionRow
            key={connection.id}
            connection={connection}
            run={newestRunOf(runs.data?.rows, 'connection', connection.id)}
            canChange={canChange}
          />
        ))}
      </ul>
      <AddConnection user={user} isOpen={isAdding} onClose={() => setAdding(false)} />
    </Section>
  );
}

interface ConnectionRowProps {
  readonly connection: Connection;
  /** Its newest index run. */
  readonly run: IndexRun | null;
  readonly canChange: boolean;
}

function ConnectionRow({ connection, run, canChange }: ConnectionRowProps) {
  const { provider, label, account, root, ownedRoot, state, lastCheckedAt, documents, bytes } = connection;
  const [asked, setAsked] = useState<'remove' | 'secret' | null>(null);
  const test = useTestConnection();
  const index = useIndexConnection();
  const isIndexing = run?.state === 'running';
  const said = useLastTestSaid(connection);
  const { glyph, word, meaning } = CONNECTION_STATES[state];
  return (
    <li>
      <div className={classes.row}>
        {provider === 's3' ? (
          <IconBucket {...ICON.usual} className={classes.icon ?? ''} />
        ) : (
          <IconCloud {...ICON.usual} className={classes.icon ?? ''} />
        )}
        <div className={classes.what}>
          <div className={classes.label}>
            {label} <span className={classes.provider}>{PROVIDER_NAMES[provider]}</span>
          </div>
          <div
            className={classes.account}
            title={ownedRoot ? 'Everything below is the platform’s own' : 'Only recorded documents are the platform’s'}
          >
            {account} {root}
            {ownedRoot && ', the platform’s own'}
          </div>
        </div>
        {test.isPending ? <Status kind="run">Being tested</Status> : <Status kind={glyph}>{word}</Status>}
        <div className={classes.checked}>
          <TimeText time={lastCheckedAt} />
        </div>
        <div className={classes.bytes}>
          {sizeText(bytes)}
          <div className={classes.documents}>{plural(documents, 'document')}</div>
        </div>
        <Menu>
          <Menu.Target>
            <ActionIcon aria-label={`Actions for ${label}`}>
              <IconDots {...ICON.usual} />
            </ActionIcon>
          </Menu.Target>
          <Menu.Dropdown>
            <Menu.Item disabled={!canChange} onClick={() => test.mutate({ connectionId: connection.id })}>
              Test
            </Menu.Item>
            <Menu.Item
              disabled={!canChange || isIndexing || index.isPending}
              onClick={() => index.mutate({ connectionId: connection.id })}
            >
              Index now
            </Menu.Item>
            <Menu.Item disabled={!canChange} onClick={() => setAsked('secret')}>
              Re-authorise…
            </Menu.Item>
            <Menu.Divider />
            <Menu.Item disabled={!canChange} data-danger onClick={() => setAsked('remove')}>
              Remove…
            </Menu.Item>
          </Menu.Dropdown>
        </Menu>
      </div>
      {meaning && !test.isPending && (
        <p className={classes.reason} data-state={state}>
          {said ?? meaning}
        </p>
      )}
      {run && <RunLine key={run.id} run={run} canChange={canChange} />}
      <ProblemBanner error={test.error} title={`${label} could not be tested.`} />
      <ProblemBanner error={index.error} title={`${label} was not indexed.`} />
      <RemoveConnection connection={connection} isOpen={asked === 'remove'} onClose={() => setAsked(null)} />
      <ReplaceSecret connection={connection} isOpen={asked === 'secret'} onClose={() => setAsked(null)} />
    </li>
  );
}

/** The index of this connection that runs, or what the last one came to. */
function RunLine({ run, canChange }: { readonly run: IndexRun; readonly canChange: boolean }) {
  const now = useWatchedRun(run);
  const cancel = useCancelIndex();
  const { glyph, word } = RUN_STATES[now.state];
  return (
    <div className={classes.indexing}>
      <Status kind={glyph}>{now.state === 'running' ? 'Being indexed' : `Index: ${word.toLowerCase()}`}</Status>
      {now.endedAt !== null && <TimeText time={now.endedAt} />}
      <span>{now.state === 'running' ? `${plural(now.seen, 'object')} seen` : resultText(now)}</span>
      {now.message && <span>{now.message}</span>}
      {now.state === 'running' && (
        <Button
          size="xs"
          variant="subtle"
          disabled={!canChange}
          loading={cancel.isPending}
          onClick={() => cancel.mutate({ runId: run.id })}
        >
          Cancel
        </Button>
      )}
      <ProblemBanner error={cancel.error} title="The index was not cancelled." />
    </div>
  );
}
