import './app/mantine-styles.ts';
import '@fontsource-variable/ibm-plex-sans/wght.css';
import '@fontsource/ibm-plex-mono/400.css';
import '@fontsource/ibm-plex-mono/500.css';
import './app/global.css';
import { MantineProvider } from '@mantine/core';
import { QueryClientProvider } from '@tanstack/react-query';
import { setNonce } from 'get-nonce';
import { StrictMode } from 'react';
import { createRoot } from 'react-dom/client';
import { App } from './app/App.tsx';
import { openPage } from './app/console.ts';
import { PageContext } from './app/page-context.ts';
import { cssVariablesResolver, theme } from './app/theme.ts';

// Mantine's theme and the scroll lock of dialogs are style elements; the host's policy lets in those with its nonce alone.
const nonce = document.querySelector<HTMLMetaElement>('meta[name="csp-nonce"]')?.content ?? '';
setNonce(nonce);

const root = document.getElementById('root');
if (!root) throw new Error('The page has no root.');
const page = openPage();

createRoot(root).render(
  <StrictMode>
    <MantineProvider
      theme={theme}
      cssVariablesResolver={cssVariablesResolver}
      defaultColorScheme="auto"
      getStyleNonce={() => nonce}
    >
      <QueryClientProvider client={page.queries}>
        <PageContext value={page}>
          <App />
        </PageContext>
      </QueryClientProvider>
    </MantineProvider>
  </StrictMode>,
);
