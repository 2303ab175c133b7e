// Parts of regular expressions for words in any script. The zero 〇 is a number to Unicode, but stands among ideographs.

/** For brackets: what may begin a word. */
export const LETTERS = '\\p{L}\\p{Nd}_〇';
/** For brackets: the marks of a word. Enclosing marks, such as the keycap of 1️⃣, are no part of it. */
export const MARKS = '\\p{Mn}\\p{Mc}';
/** Letters with their marks. */
export const RUN_OF_LETTERS = `[${LETTERS}][${LETTERS}${MARKS}]*`;
/** A letter of a script that is written without spaces between words. */
export const SPACELESS_LETTER =
  '(?:(?=\\p{L})[\\p{scx=Han}\\p{scx=Hira}\\p{scx=Kana}\\p{scx=Hang}\\p{scx=Thai}\\p{scx=Laoo}\\p{scx=Khmr}\\p{scx=Mymr}]|〇)';
export const SPACED_LETTER = `(?!${SPACELESS_LETTER})[${LETTERS}]`;
