import { SegmentedControl, useMantineColorScheme } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useConsole } from '../../app/page-context.ts';
import { useFrame } from '../../app/session-state.ts';
import { ShortId } from '../../components/Ids.tsx';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { PageBody, PageHead } from '../../components/PageHead.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { Columns, Properties, Property, Section } from '../../components/Section.tsx';
import { Catalogue } from './Catalogue.tsx';
import { QuotaShares } from './QuotaShares.tsx';
import { WorkspaceName } from './WorkspaceName.tsx';

export function Settings() {
  const orpc = useConsole();
  const { data, error } = useQuery(orpc.settings.show.queryOptions({ input: {} }));
  return (
    <>
      <PageHead isReading title="Settings" />
      <PageBody>
        <ProblemBanner error={error} title="The settings could not be read." />
        {!data && !error && <LoadingRows count={8} label="Loading settings" />}
        <Columns
          main={
            <>
              {data && <WorkspaceName key={`name ${data.settings.version}`} settings={data.settings} />}
              {data && <QuotaShares key={`shares ${data.settings.version}`} settings={data.settings} />}
              <Catalogue />
            </>
          }
          side={
            <>
              <Appearance />
              <ThisWorkspace />
            </>
          }
        />
      </PageBody>
    </>
  );
}

function Appearance() {
  const { colorScheme, setColorScheme } = useMantineColorScheme();
  return (
    <Section title="Appearance">
      <SegmentedControl
        aria-label="Colour scheme"
        value={colorScheme}
        onChange={(chosen) => setColorScheme(chosen === 'light' || chosen === 'dark' ? chosen : 'auto')}
        data={[
          { value: 'light', label: 'Light' },
          { value: 'dark', label: 'Dark' },
          { value: 'auto', label: 'System' },
        ]}
      />
    </Section>
  );
}

function ThisWorkspace() {
  const { state } = useFrame();
  const { vault, workspace } = state;
  return (
    <Section title="This workspace">
      <Properties>
        <Property label="Id">
          <ShortId id={workspace.id} />
        </Property>
        <Property label="Vault">{vault.state}</Property>
        <Property label="Opens by">{vault.way ?? 'none'}</Property>
        <Property label="Key generation">{vault.generation ?? '—'}</Property>
      </Properties>
    </Section>
  );
}
