// The kinds of characters that the tokenizer tells apart.

/** The kinds of code points. 0 stands for a kind that is not known yet. */
export const NOTHING = 1;
export const LETTER = 2;
export const DIGIT = 3;
/** Needs a character before it: the variation selector of an emoji is not a word. */
export const MARK = 4;
/** Gone once a text is folded. This and MARK are the highest kinds: see mayExceedMarks. */
export const IGNORED = 5;

/** The kinds by code point, looked up on first use. */
const KINDS = new Uint8Array(0x110000);

export function kindOf(codePoint: number): number {
  const known = KINDS[codePoint] as number;
  if (known !== 0) return known;
  const kind = lookUpKind(String.fromCodePoint(codePoint));
  KINDS[codePoint] = kind;
  return kind;
}

function lookUpKind(character: string): number {
  if (/\p{Default_Ignorable_Code_Point}/u.test(character)) return IGNORED;
  // NFKC turns the halfwidth sound marks of katakana, which are letters, into marks.
  if (/[\p{M}\uff9e\uff9f]/u.test(character)) return MARK;
  if (/[\p{L}_]/u.test(character)) return LETTER;
  return /\p{Nd}/u.test(character) ? DIGIT : NOTHING;
}
