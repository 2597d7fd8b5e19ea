/** What the double tells the test that started it, over Node's own channel between the two processes. */
export type FromDouble =
  | { readonly kind: 'chromium'; readonly endpoint: string }
  | { readonly kind: 'record'; readonly record: Recorded }
  | { readonly kind: 'answer'; readonly id: number; readonly value: unknown };

/** What the test asks of the double, as a person or the system would. */
export type ToDouble = { readonly kind: 'quit' } | { readonly kind: 'page-process-dies' };

/** What the app did with Electron, and how it decided when it was asked. */
export type Recorded =
  | { readonly what: 'enableSandbox' }
  | { readonly what: 'scheme'; readonly scheme: string; readonly privileges: unknown }
  | { readonly what: 'window'; readonly options: unknown }
  | {
      readonly what: 'permission';
      readonly permission: string;
      readonly granted: boolean;
      readonly askedHandlers: string;
    }
  | { readonly what: 'navigation'; readonly url: string; readonly isMainFrame: boolean; readonly allowed: boolean }
  | { readonly what: 'landed'; readonly url: string }
  | { readonly what: 'window-open'; readonly url: string; readonly action: string }
  | { readonly what: 'request'; readonly url: string; readonly method: string; readonly outcome: string }
  | { readonly what: 'port'; readonly accepted: boolean }
  | { readonly what: 'error-box'; readonly title: string; readonly content: string }
  | { readonly what: 'menu'; readonly labels: readonly string[] }
  | { readonly what: 'preload-error'; readonly message: string }
  | { readonly what: 'second-instance' };

export function tell(message: FromDouble): void {
  process.send?.(message);
}

export function record(recorded: Recorded): void {
  tell({ kind: 'record', record: recorded });
}
