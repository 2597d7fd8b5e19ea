import { ActionIcon } from '@mantine/core';
import { IconCheck, IconCopy } from '@tabler/icons-react';
import { useEffect, useState } from 'react';
import { ICON } from './icon.ts';

const SHOWN_MS = 1500;

/** Copies a text, and says that it has. `what` names it: `Copy the mail address`. */
export function CopyButton({ text, what }: { readonly text: string; readonly what: string }) {
  const [isCopied, setCopied] = useState(false);
  useEffect(() => {
    if (!isCopied) return;
    const timer = setTimeout(() => setCopied(false), SHOWN_MS);
    return () => clearTimeout(timer);
  }, [isCopied]);
  return (
    <ActionIcon
      size="xs"
      aria-label={isCopied ? `Copied ${what}` : `Copy ${what}`}
      onClick={() => {
        void navigator.clipboard.writeText(text).then(() => setCopied(true));
      }}
    >
      {isCopied ? <IconCheck {...ICON.small} /> : <IconCopy {...ICON.small} />}
    </ActionIcon>
  );
}
