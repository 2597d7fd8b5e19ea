import serif400 from '@fontsource/ibm-plex-serif/files/ibm-plex-serif-latin-400-normal.woff2?inline';
import serif500 from '@fontsource/ibm-plex-serif/files/ibm-plex-serif-latin-500-normal.woff2?inline';
import sans from '@fontsource-variable/ibm-plex-sans/files/ibm-plex-sans-latin-wght-normal.woff2?inline';

/**
 * The certificate's letters, within it: it is read and printed where neither Plex nor a network is. Whole files as they
 * were published, since Plex is a reserved name: a part of one would have to be called something else (OFL 1.1). What they
 * have no letters for is set in the system's.
 */
export const CERTIFICATE_FONTS = [
  face('IBM Plex Serif', '400', serif400),
  face('IBM Plex Serif', '500', serif500),
  face('IBM Plex Sans', '100 700', sans),
].join('\n');

function face(family: string, weight: string, address: string): string {
  return `@font-face{font-family:'${family}';font-weight:${weight};src:url(${address}) format('woff2')}`;
}
