// The form of a text in which its words are compared, whatever their case and width.

import { cutText } from '../base/post.ts';
import { IGNORED, kindOf, MARK } from './character-kinds.ts';

/** Invisible code points, and what Arabic may leave out: the tatweel and the marks that are not part of a letter. */
const IGNORABLES =
  /[\p{Default_Ignorable_Code_Point}\u0610-\u061a\u0640\u064b-\u0652\u0656-\u065f\u0670\u06d6-\u06dc\u06df-\u06e4\u06e7\u06e8\u06ea-\u06ed]+/gu;
const NOT_ASCII = /[^\0-\x7f]/;

/**
 * Marks that may stand on one letter; the rest is dropped. Sorting marks into Unicode's order takes the square of their
 * number, and no script needs more (Stream-Safe Text Format, Unicode Standard Annex #15).
 */
const MAX_MARKS = 30;

/**
 * Unicode's caseless form for identifiers (NFKC_Casefold, Unicode Standard section 3.13): unifies compatibility forms,
 * folds case in full (`Straße` becomes `strasse`), and drops invisible code points. Beyond that form, `İ` becomes `i`, and
 * Arabic loses what it may leave out.
 */
export function fold(text: string): string {
  if (!NOT_ASCII.test(text)) return text.toLowerCase();
  const visible = unify(text).replace(IGNORABLES, '');
  const folded = foldCase(visible)
    .replace(/i\u0307+/gu, 'i')
    .normalize('NFKC');
  // Some marks come apart into two or three. With a second bound, folding a folded text changes nothing.
  return boundMarks(folded);
}

/** NFKC in linear time: keeps the first MAX_MARKS marks of a letter, and the first MAX_TEXT characters of the result. */
export function unify(text: string): string {
  return cutText(boundMarks(text).normalize('NFKC'));
}

/** Drops the marks of a run beyond MAX_MARKS. Ignorable code points, which are dropped later, do not end a run. */
function boundMarks(text: string): string {
  if (!mayExceedMarks(text)) return text;
  let bounded = '';
  let kept = 0;
  let marks = 0;
  for (let at = 0; at < text.length; ) {
    const codePoint = text.codePointAt(at) ?? 0;
    const next = at + (codePoint < 0x10000 ? 1 : 2);
    const kind = kindOf(codePoint);
    if (kind === MARK) {
      marks += 1;
      if (marks > MAX_MARKS) {
        bounded += text.slice(kept, at);
        kept = next;
      }
    } else if (kind !== IGNORED) {
      marks = 0;
    }
    at = next;
  }
  return kept === 0 ? text : bounded + text.slice(kept);
}

/** A run that is too long covers at least one of every MAX_MARKS + 1 code units, so only those are looked at. */
function mayExceedMarks(text: string): boolean {
  for (let at = MAX_MARKS; at < text.length; at += MAX_MARKS + 1) {
    const unit = text.charCodeAt(at);
    const isSurrogate = (unit & 0xf800) === 0xd800;
    if (isSurrogate || kindOf(unit) >= MARK) return true;
  }
  return false;
}

// Upper-casing first unfolds ß, ﬁ and the like, except the capital ẞ, which is upper case already. It would also turn the
// dotless ı into an i, which Unicode keeps apart. Lower-casing chooses a sigma by its place in the word.
function foldCase(text: string): string {
  return text
    .replaceAll('ẞ', 'ß')
    .split('ı')
    .map((part) => part.toUpperCase().toLowerCase().replaceAll('ς', 'σ'))
    .join('ı');
}
