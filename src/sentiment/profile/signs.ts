// Turns the signs that phones and word processors write into the ASCII signs that VADER knows.

/** ASCII signs, and the typographic forms of each. Two hyphens are an em dash, as on a typewriter. */
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
/** Full-width forms, invisible code points such as variation selectors, and skin tones. */
const VARIANT = /[\uff01-\uff5e\p{Default_Ignorable_Code_Point}\p{Emoji_Modifier}]/gu;
const FIRST_FULL_WIDTH = 0xff01;
const LAST_FULL_WIDTH = 0xff5e;
const WIDTH_OFFSET = FIRST_FULL_WIDTH - 0x21;

const WORD_BEHIND = `(?=["'(\\[#@$*_]{0,2}[\\p{L}\\p{Nd}\\p{Extended_Pictographic}])`;
/** VADER would join the emoji's description and the word. */
const EMOJI_AT_WORD = new RegExp(`\\p{Extended_Pictographic}${WORD_BEHIND}`, 'gu');
/** Dashes or dots between two words. The emoticons that have some, such as `--<--<@`, have no letters. */
const PAUSE_AT_WORD = new RegExp(`(?<=[^\\s.-])(?:-{2,}|\\.{2,})${WORD_BEHIND}`, 'gu');

export function isAscii(text: string): boolean {
  return !NOT_ASCII.test(text);
}

/**
 * Turns full-width forms into ASCII, and drops invisible code points and skin tones. This leaves an emoji as VADER's table
 * has it, and splits a joined emoji into its parts.
 */
export function withoutVariants(text: string): string {
  return isAscii(text) ? text : text.replace(VARIANT, narrow);
}

function narrow(character: string): string {
  const unit = character.charCodeAt(0);
  const isFullWidth = unit >= FIRST_FULL_WIDTH && unit <= LAST_FULL_WIDTH;
  return isFullWidth ? String.fromCharCode(unit - WIDTH_OFFSET) : '';
}

/** Replaces typographic signs by ASCII ones, and puts a space between an emoji and a word behind it. */
export function asciiSigns(text: string): string {
  if (isAscii(text)) return text;
  return text
    .replace(TYPOGRAPHIC_SIGN, (sign) => READ_AS.get(sign) ?? sign)
    .replace(EMOJI_AT_WORD, '$& ');
}

/** Puts a space behind a dash or an ellipsis between two words, because VADER would read them as one. */
export function spaceAfterPauses(text: string): string {
  const mayPause = text.includes('--') || text.includes('..');
  return mayPause ? text.replace(PAUSE_AT_WORD, '$& ') : text;
}
