const graphemes = new Intl.Segmenter('en', { granularity: 'grapheme' });
/** Two columns wide: East Asian wide scripts and full-width forms, and what is drawn as an emoji (Unicode TR 11 and 51). */
const WIDE =
  /[\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}\p{Script=Hangul}\p{Script=Bopomofo}\p{Script=Yi}\u3000-\u303e\uff01-\uff60\uffe0-\uffe6]|\p{Emoji_Presentation}|\p{Emoji}\ufe0f/u;
const NO_WIDTH = /^[\p{Mark}\p{Cf}]+$/u;

/** How many columns a terminal gives to this text. */
export function textWidth(text: string): number {
  if (/^[\x20-\x7e]*$/.test(text)) return text.length;
  let width = 0;
  for (const { segment } of graphemes.segment(text)) {
    if (!NO_WIDTH.test(segment)) width += WIDE.test(segment) ? 2 : 1;
  }
  return width;
}

/** Filled up with spaces to a width; never cut. */
export function pad(text: string, width: number, side: 'left' | 'right'): string {
  const gap = ' '.repeat(Math.max(0, width - textWidth(text)));
  return side === 'left' ? gap + text : text + gap;
}

/** Cut to a width, with an ellipsis where something was cut. */
export function shorten(text: string, width: number): string {
  if (textWidth(text) <= width) return text;
  let cut = '';
  let used = 0;
  for (const { segment } of graphemes.segment(text)) {
    const wide = textWidth(segment);
    if (used + wide > width - 1) break;
    cut += segment;
    used += wide;
  }
  return `${cut}…`;
}

/** Control characters, and the marks that make text read in another order than it is written. */
const UNPRINTABLE = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text that came from elsewhere (object keys, names, a server's words), safe to show: a key with an escape sequence in it
 * must not move the cursor or change the title of somebody's terminal.
 */
export function printable(text: string): string {
  return text.replace(UNPRINTABLE, (char) => `\\u${char.charCodeAt(0).toString(16).padStart(4, '0')}`);
}

/** A terminal breaks lines where it is full, whatever a space says; and scripts look for plain ones. */
export function withPlainSpaces(text: string): string {
  return text.replaceAll('\u00a0', ' ');
}
