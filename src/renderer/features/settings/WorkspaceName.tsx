import { Button, TextInput } from '@mantine/core';
import { useState } from 'react';
import type { z } from 'zod';
import type { Settings } from '../../../contract/settings.ts';
import { useCanChange } from '../../app/session-state.ts';
import { Form, FormButtons } from '../../components/Form.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { problemOf } from '../../components/problem.ts';
import { Section } from '../../components/Section.tsx';
import { useSetSettings } from './settings-changes.ts';

export type SettingsAnswer = z.infer<typeof Settings>;

export function WorkspaceName({ settings }: { readonly settings: SettingsAnswer }) {
  const canChange = useCanChange();
  const [name, setName] = useState(settings.workspaceName);
  const set = useSetSettings('The workspace was renamed');
  const fields = set.error ? problemOf(set.error).fields : {};
  return (
    <Section title="Workspace">
      <Form label="Workspace" onSubmit={() => set.mutate({ expectedVersion: settings.version, workspaceName: name })}>
        <TextInput
          label="Name of the platform"
          description="Stands on every screen."
          value={name}
          error={fields.workspaceName}
          disabled={!canChange}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        {Object.keys(fields).length === 0 && <ProblemBanner error={set.error} title="The name was not changed." />}
        <FormButtons>
          <Button
            type="submit"
            loading={set.isPending}
            disabled={!canChange || name === settings.workspaceName || name.trim() === ''}
          >
            Rename
          </Button>
        </FormButtons>
      </Form>
    </Section>
  );
}
