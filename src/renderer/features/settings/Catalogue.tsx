import { Button, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { countText } from '../../../contract/figures.ts';
import { useConsole } from '../../app/page-context.ts';
import { useCanChange } from '../../app/session-state.ts';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { codeOf } from '../../components/problem.ts';
import { cells, RuledTable } from '../../components/RuledTable.tsx';
import { Section } from '../../components/Section.tsx';
import classes from './Settings.module.css';
import { useAddModel, useAddProvider, useRemoveModel, useRemoveProvider } from './settings-changes.ts';

const columns = [
  { title: 'Provider' },
  { title: 'Model' },
  { title: 'Users', isNumber: true },
  { title: 'Actions', isHidden: true },
];

/** U5: which AI models can be assigned. */
export function Catalogue() {
  const orpc = useConsole();
  const canChange = useCanChange();
  const providers = useQuery(orpc.ai.providers.queryOptions({ input: {} }));
  const models = useQuery(orpc.ai.models.queryOptions({ input: {} }));
  const removeModel = useRemoveModel();
  const removeProvider = useRemoveProvider();
  const bare = providers.data?.rows.filter(({ models: count }) => count === 0) ?? [];
  const isEmpty = models.data?.rows.length === 0 && bare.length === 0;
  return (
    <Section title="AI catalogue" meta="models that can be assigned to users">
      <ProblemBanner error={providers.error ?? models.error} title="The catalogue could not be read." />
      {isEmpty && <p className={classes.none}>No model is listed yet.</p>}
      {models.data && !isEmpty && (
        <RuledTable label="AI catalogue" columns={columns}>
          {models.data.rows.map((model) => (
            <tr key={model.id}>
              <td>{model.provider}</td>
              <td className={cells.name}>{model.name}</td>
              <td className={cells.number}>{countText(model.users)}</td>
              <td className={cells.act}>
                {model.users === 0 && (
                  <Button
                    size="xs"
                    variant="subtle"
                    aria-label={`Remove ${model.provider} ${model.name}`}
                    disabled={!canChange || removeModel.isPending}
                    onClick={() =>
                      removeModel.mutate({
                        provider: model.provider,
                        model: model.name,
                        expectedVersion: model.version,
                      })
                    }
                  >
                    Remove
                  </Button>
                )}
              </td>
            </tr>
          ))}
          {bare.map((provider) => (
            <tr key={provider.id}>
              <td>{provider.name}</td>
              <td className={classes.second}>no models</td>
              <td className={cells.number}>0</td>
              <td className={cells.act}>
                <Button
                  size="xs"
                  variant="subtle"
                  aria-label={`Remove ${provider.name}`}
                  disabled={!canChange || removeProvider.isPending}
                  onClick={() => removeProvider.mutate({ provider: provider.name, expectedVersion: provider.version })}
                >
                  Remove
                </Button>
              </td>
            </tr>
          ))}
        </RuledTable>
      )}
      <ProblemBanner error={removeModel.error ?? removeProvider.error} title="It was not removed." />
      <AddModel providers={providers.data?.rows.map(({ name }) => name) ?? []} canChange={canChange} />
    </Section>
  );
}

interface AddModelProps {
  readonly providers: readonly string[];
  readonly canChange: boolean;
}

/** One step for both: a provider that is not there yet is added with its first model. */
function AddModel({ providers, canChange }: AddModelProps) {
  const [provider, setProvider] = useState('');
  const [name, setName] = useState('');
  const addProvider = useAddProvider();
  const addModel = useAddModel();
  const add = async () => {
    if (!providers.includes(provider)) {
      try {
        await addProvider.mutateAsync({ name: provider });
      } catch (error) {
        // Somebody else has added it meanwhile: that is what was wanted.
        if (codeOf(error) !== 'NAME_TAKEN') return;
        addProvider.reset();
      }
    }
    addModel.mutate({ provider, name }, { onSuccess: () => setName('') });
  };
  return (
    <form
      aria-label="Add a model"
      onSubmit={(event) => {
        event.preventDefault();
        void add();
      }}
    >
      <div className={classes.adding}>
        <TextInput
          label="Provider"
          placeholder="mistral"
          list="qm-ai-providers"
          value={provider}
          disabled={!canChange}
          onChange={(event) => setProvider(event.currentTarget.value)}
        />
        <datalist id="qm-ai-providers">
          {providers.map((known) => (
            <option key={known} value={known} />
          ))}
        </datalist>
        <TextInput
          label="Model"
          placeholder="mistral-large"
          value={name}
          disabled={!canChange}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <Button
          type="submit"
          loading={addProvider.isPending || addModel.isPending}
          disabled={!canChange || provider === '' || name === ''}
        >
          Add model
        </Button>
      </div>
      <ProblemBanner error={addProvider.error ?? addModel.error} title="The model was not added." />
    </form>
  );
}
