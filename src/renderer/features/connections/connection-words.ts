import type { Connection } from '../../../contract/connections.ts';
import type { GlyphKind } from '../../components/Glyph.tsx';

export const PROVIDER_NAMES: Readonly<Record<Connection['provider'], string>> = { webdav: 'WebDAV', s3: 'S3' };

export const CONNECTION_STATES: Readonly<
  Record<Connection['state'], { readonly glyph: GlyphKind; readonly word: string }>
> = {
  works: { glyph: 'check', word: 'Works' },
  reauthorise: { glyph: 'warn', word: 'Re-authorise' },
  unreachable: { glyph: 'bad', word: 'Unreachable' },
  untested: { glyph: 'ring', word: 'Not tested' },
};
