import { Button, Modal } from '@mantine/core';
import classes from './Dialog.module.css';

interface DialogProps {
  readonly isOpen: boolean;
  readonly title: string;
  /** The way out, said as what stays: `Keep active`. It comes first and has the focus. */
  readonly stay: string;
  readonly onClose: () => void;
  /** The button that does it. */
  readonly act: React.ReactNode;
  /** The consequence, in two sentences. */
  readonly children: React.ReactNode;
}

export function Dialog({ isOpen, title, stay, onClose, act, children }: DialogProps) {
  return (
    <Modal opened={isOpen} onClose={onClose} title={title}>
      <div className={classes.text}>{children}</div>
      <div className={classes.buttons}>
        <Button onClick={onClose} data-autofocus>
          {stay}
        </Button>
        {act}
      </div>
    </Modal>
  );
}
