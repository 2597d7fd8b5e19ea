import type { Connection } from '../../../contract/connections.ts';
import type { GlyphKind } from '../../components/Glyph.tsx';

export const PROVIDER_NAMES: Readonly<Record<Connection['provider'], string>> = { webdav: 'WebDAV', s3: 'S3' };

export const CONNECTION_STATES: Readonly<
  Record<
    Connection['state'],
    {
      readonly glyph: GlyphKind;
      readonly word: string /** What to know and do, where it does not work. */;
      readonly meaning?: string;
    }
  >
> = {
  works: { glyph: 'check', word: 'Works' },
  reauthorise: {
    glyph: 'warn',
    word: 'Not authorised',
    meaning: 'Its credentials were refused. Give it new ones: Re-authorise… in the menu.',
  },
  unreachable: {
    glyph: 'bad',
    word: 'Unreachable',
    meaning: 'It did not answer, or not with what was expected. Test it again: Test in the menu.',
  },
  untested: { glyph: 'ring', word: 'Not tested' },
};
