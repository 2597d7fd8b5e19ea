import { createContext, useContext, useSyncExternalStore } from 'react';
import type { Page } from './console.ts';
import type { LineState } from './console-line.ts';

export const PageContext = createContext<Page | null>(null);

export function usePage(): Page {
  const page = useContext(PageContext);
  if (!page) throw new Error('There is no page around this component.');
  return page;
}

/** Procedures as query options, keys and mutations. */
export function useConsole(): Page['orpc'] {
  return usePage().orpc;
}

export function useLineState(): LineState {
  const { line } = usePage();
  return useSyncExternalStore(line.subscribe, line.state);
}
