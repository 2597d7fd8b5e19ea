import { Button, CloseButton } from '@mantine/core';
import { createContext, useCallback, useContext, useEffect, useMemo, useRef, useState } from 'react';
import classes from './Toasts.module.css';

export interface Toast {
  readonly title: string;
  readonly text?: string;
  /** What was asked for was done, and its answer is bad news: its edge is red. */
  readonly isFailure?: boolean;
  /** Takes back what was done, for what can be undone. */
  readonly undo?: () => void;
}

const SHOWN_MS = 8000;
const MOST = 3;

const ToastContext = createContext<(toast: Toast) => void>(() => {});

/** Says that something was done, and offers to undo it. Errors stand where their cause is, not here. */
export function useToast(): (toast: Toast) => void {
  return useContext(ToastContext);
}

export function ToastProvider({ children }: { readonly children: React.ReactNode }) {
  const [toasts, setToasts] = useState<readonly (Toast & { readonly id: number })[]>([]);
  const counter = useRef(0);
  const show = useCallback((toast: Toast) => {
    counter.current += 1;
    const id = counter.current;
    setToasts((shown) => [...shown, { ...toast, id }].slice(-MOST));
  }, []);
  const dismiss = useCallback((id: number) => setToasts((shown) => shown.filter((toast) => toast.id !== id)), []);
  const region = useMemo(
    () => (
      <div className={classes.region} role="status">
        {toasts.map((toast) => (
          <ToastCard key={toast.id} toast={toast} onDismiss={() => dismiss(toast.id)} />
        ))}
      </div>
    ),
    [toasts, dismiss],
  );
  return (
    <ToastContext value={show}>
      {children}
      {region}
    </ToastContext>
  );
}

function ToastCard({ toast, onDismiss }: { readonly toast: Toast; readonly onDismiss: () => void }) {
  const [isHeld, setHeld] = useState(false);
  const dismiss = useRef(onDismiss);
  dismiss.current = onDismiss;
  useEffect(() => {
    if (isHeld) return;
    const timer = setTimeout(() => dismiss.current(), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isHeld]);
  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: hovering only holds the time; nothing is done by it
    <div
      className={classes.toast}
      data-failure={toast.isFailure || undefined}
      onMouseEnter={() => setHeld(true)}
      onMouseLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <div className={classes.words}>
        <p className={classes.title}>{toast.title}</p>
        {toast.text && <p className={classes.text}>{toast.text}</p>}
      </div>
      {toast.undo && (
        <Button
          size="xs"
          variant="subtle"
          onClick={() => {
            toast.undo?.();
            onDismiss();
          }}
        >
          Undo
        </Button>
      )}
      <CloseButton size="sm" aria-label="Dismiss" onClick={onDismiss} />
    </div>
  );
}
