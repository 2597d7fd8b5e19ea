import { IconBucket, IconCloud, IconFolder } from '@tabler/icons-react';
import { ICON } from '../../components/icon.ts';
import type { Backend } from './progress.ts';

export function BackendIcon({ kind }: Pick<Backend, 'kind'>) {
  switch (kind) {
    case 's3':
      return <IconBucket {...ICON.usual} aria-hidden="true" />;
    case 'webdav':
      return <IconCloud {...ICON.usual} aria-hidden="true" />;
    case 'folder':
      return <IconFolder {...ICON.usual} aria-hidden="true" />;
  }
}
