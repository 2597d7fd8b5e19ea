import { Button, Modal, NativeSelect } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import type { User } from '../../../contract/users.ts';
import { useConsole } from '../../app/page-context.ts';
import { href } from '../../app/router.ts';
import { Form, FormButtons } from '../../components/Form.tsx';
import { LoadingRows } from '../../components/LoadingRows.tsx';
import { ProblemBanner } from '../../components/ProblemBanner.tsx';
import { useAssignModel, useUnassignModel } from './user-changes.ts';

interface AssignModelProps {
  readonly user: User;
  readonly isOpen: boolean;
  readonly onClose: () => void;
}

export function AssignModel({ user, isOpen, onClose }: AssignModelProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={`AI model of ${user.name}`}>
      <AssignModelForm user={user} onClose={onClose} />
    </Modal>
  );
}

const NONE = '';

function AssignModelForm({ user, onClose }: Omit<AssignModelProps, 'isOpen'>) {
  const orpc = useConsole();
  const { data, error } = useQuery(orpc.ai.models.queryOptions({ input: {} }));
  const before = user.ai ? nameOf(user.ai.provider, user.ai.model) : NONE;
  const [chosen, setChosen] = useState(before);
  const assign = useAssignModel();
  const unassign = useUnassignModel();
  if (error) return <ProblemBanner error={error} title="The catalogue could not be read." />;
  if (!data) return <LoadingRows count={3} label="Loading the catalogue" />;
  if (data.rows.length === 0)
    return (
      <p>
        The catalogue is empty. <a href={href(['settings'])}>Add a provider and a model under Settings</a>, then assign
        it here.
      </p>
    );
  const save = () => {
    const model = data.rows.find((row) => nameOf(row.provider, row.name) === chosen);
    const common = { user: user.id, expectedVersion: user.version };
    if (model) assign.mutate({ ...common, provider: model.provider, model: model.name }, { onSuccess: onClose });
    else unassign.mutate(common, { onSuccess: onClose });
  };
  return (
    <Form label="AI model" onSubmit={save}>
      <NativeSelect
        label="Model"
        data-autofocus
        value={chosen}
        onChange={(event) => setChosen(event.currentTarget.value)}
        data={[
          { value: NONE, label: 'none' },
          ...data.rows.map((row) => ({ value: nameOf(row.provider, row.name), label: `${row.provider}, ${row.name}` })),
        ]}
      />
      <ProblemBanner error={assign.error ?? unassign.error} title="The model was not assigned." />
      <FormButtons>
        <Button
          type="submit"
          variant="filled"
          disabled={chosen === before}
          loading={assign.isPending || unassign.isPending}
        >
          {chosen === NONE ? 'Unassign model' : 'Assign model'}
        </Button>
        <Button onClick={onClose}>Cancel</Button>
      </FormButtons>
    </Form>
  );
}

/** Neither name may hold a space. */
function nameOf(provider: string, model: string): string {
  return `${provider} ${model}`;
}
