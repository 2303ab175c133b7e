// Signs and characters as phones and word processors write them, put into the ASCII that VADER knows.

/** ASCII signs, and what else is read as each. A pair of hyphens is an em dash, as in typed text. */
const TYPOGRAPHIC: Readonly<Record<string, string>> = {
  "'": '´ʹʻʼʽˈˊ‘’‚‛′‵‹›❛❜❮❯ꞌ',
  '"': '«»ˮ“”„‟″‶❝❞〈〉《》「」『』〝〞〟｢｣',
  '-': '‐‑‒–−﹣',
  '--': '—―﹘',
  '----': '⸺',
  '------': '⸻',
  '..': '‥',
  '...': '…⋯',
  '!': '❕❗﹗',
  '?': '❓❔﹖',
  '!!': '‼',
  '!?': '⁉',
  '?!': '⁈',
  '??': '⁇',
};
const READ_AS = new Map(
  Object.entries(TYPOGRAPHIC).flatMap(([ascii, signs]) => [...signs].map((sign) => [sign, ascii])),
);
const TYPOGRAPHIC_SIGN = new RegExp(`[${[...READ_AS.keys()].join('')}]`, 'gu');

const NOT_ASCII = /[^\0-\x7f]/;
/** Full-width forms, code points without a look of their own such as variation selectors, and skin tones. */
const IN_DISGUISE = /[\uff01-\uff5e\p{Default_Ignorable_Code_Point}\p{Emoji_Modifier}]/gu;
const FIRST_FULL_WIDTH = 0xff01;
const LAST_FULL_WIDTH = 0xff5e;
const WIDTH_OFFSET = FIRST_FULL_WIDTH - 0x21;

const WORD_BEHIND = `(?=["'(\\[#@$*_]{0,2}[\\p{L}\\p{Nd}\\p{Extended_Pictographic}])`;
/** A word directly behind an emoji would stick to the emoji's description. */
const EMOJI_AT_WORD = new RegExp(`\\p{Extended_Pictographic}${WORD_BEHIND}`, 'gu');
/** Dashes or dots between two words. The emoticons that have some, such as `--<--<@`, have no letters. */
const PAUSE_AT_WORD = new RegExp(`(?<=[^\\s.-])(?:-{2,}|\\.{2,})${WORD_BEHIND}`, 'gu');

export function isAscii(text: string): boolean {
  return !NOT_ASCII.test(text);
}

/**
 * Turns full-width forms into ASCII, and drops invisible code points and skin tones. An emoji then stands as the table of
 * emoji has it, and one that is joined of several stands as its parts.
 */
export function unmask(text: string): string {
  return isAscii(text) ? text : text.replace(IN_DISGUISE, narrow);
}

function narrow(character: string): string {
  const unit = character.charCodeAt(0);
  const isFullWidth = unit >= FIRST_FULL_WIDTH && unit <= LAST_FULL_WIDTH;
  return isFullWidth ? String.fromCharCode(unit - WIDTH_OFFSET) : '';
}

/** Reads quotation marks, apostrophes, dashes, ellipses and marks as the ASCII signs that they stand for. */
export function asciiSigns(text: string): string {
  if (isAscii(text)) return text;
  return text
    .replace(TYPOGRAPHIC_SIGN, (sign) => READ_AS.get(sign) ?? sign)
    .replace(EMOJI_AT_WORD, '$& ');
}

/** Parts the words on both sides of an em dash or an ellipsis, which VADER would read as one. */
export function partAtPauses(text: string): string {
  const mayPause = text.includes('--') || text.includes('..');
  return mayPause ? text.replace(PAUSE_AT_WORD, '$& ') : text;
}
