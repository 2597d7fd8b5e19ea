export interface KeyPart {
  readonly kind: 'plain' | 'drawn';
  readonly text: string;
}

/** Characters without a shape of their own: controls, format characters (bidi marks, zero widths), lone surrogates, odd spaces. */
const UNSEEN = /[\p{Cc}\p{Cf}\p{Cs}\p{Zl}\p{Zp}]|[^\S ]/u;

/** A key in parts: what is seen as it is, and what has to be drawn (`·` for a space at an edge, `U+0009` for a tab). */
export function exactParts(key: string): KeyPart[] {
  const characters = [...key];
  const leading = characters.findIndex((character) => character !== ' ');
  const firstSeen = leading === -1 ? characters.length : leading;
  const lastSeen = characters.findLastIndex((character) => character !== ' ');
  const parts: { kind: KeyPart['kind']; text: string }[] = [];
  for (const [index, character] of characters.entries()) {
    const isEdgeSpace = character === ' ' && (index < firstSeen || index > lastSeen);
    if (isEdgeSpace) parts.push({ kind: 'drawn', text: '·' });
    else if (UNSEEN.test(character)) parts.push({ kind: 'drawn', text: codePoint(character) });
    else {
      const last = parts.at(-1);
      if (last?.kind === 'plain') last.text += character;
      else parts.push({ kind: 'plain', text: character });
    }
  }
  return parts;
}

function codePoint(character: string): string {
  return `U+${(character.codePointAt(0) ?? 0).toString(16).toUpperCase().padStart(4, '0')}`;
}
