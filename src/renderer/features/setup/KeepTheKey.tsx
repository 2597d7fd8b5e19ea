import { Button, Checkbox } from '@mantine/core';
import { useState } from 'react';
import { CopyButton } from '../../components/CopyButton.tsx';
import { Form, FormButtons, Why } from '../../components/Form.tsx';
import { Hash } from '../../components/Ids.tsx';
import classes from './SetUp.module.css';

interface KeepTheKeyProps {
  readonly auditKey: string;
  readonly onDone: () => Promise<void>;
}

/** The end of set-up: the fingerprint without which a forged log cannot be told from a true one. */
export function KeepTheKey({ auditKey, onDone }: KeepTheKeyProps) {
  const [isKept, setKept] = useState(false);
  const [isLeaving, setLeaving] = useState(false);
  return (
    <>
      <h1 className={classes.title}>Keep this fingerprint outside of this machine</h1>
      <p className={classes.lead}>
        It names the key that signs the audit log and every certificate. Whoever checks one needs it: a log that brings
        its own key proves nothing.
      </p>
      <Form
        label="Fingerprint"
        onSubmit={() => {
          setLeaving(true);
          void onDone();
        }}
      >
        <div>
          <div className={classes.keyHead}>
            Fingerprint of the audit key <span>print it or write it down</span>
          </div>
          <div className={classes.key}>
            {/^[0-9a-f]{64}$/.test(auditKey) ? (
              <Hash hash={auditKey} what="the fingerprint" />
            ) : (
              <>
                <code>{auditKey}</code>
                <CopyButton text={auditKey} what="the fingerprint" />
              </>
            )}
          </div>
        </div>
        <Checkbox
          label="I have put the fingerprint in a safe place"
          checked={isKept}
          onChange={(event) => setKept(event.currentTarget.checked)}
        />
        <FormButtons>
          <Button type="submit" variant="filled" disabled={!isKept} loading={isLeaving}>
            Open the console
          </Button>
        </FormButtons>
        {!isKept && <Why>It is shown here once. Later it stands only in what was signed with it.</Why>}
      </Form>
    </>
  );
}
