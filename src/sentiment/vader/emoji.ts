// Emoji put into words, so that VADER can score them: 😀 becomes "grinning face".

import type { Replacement } from '../replacement.ts';
import { rowsOf } from '../table.ts';

// The single code points of the reference's emoji_utf8_lexicon.txt (MIT licence). It looks every
// character up by itself, so its emoji of several code points are never found and are left out here.
const TABLE = new URL('emoji.tsv', import.meta.url);

const DESCRIPTIONS: ReadonlyMap<number, string> = new Map(
  rowsOf(TABLE).map(([emoji = '', description = '']) => [emoji.codePointAt(0) ?? 0, description]),
);

const LAST_ASCII = 0x7f;
const LAST_SINGLE_UNIT = 0xffff;
const SPACE = 0x20;

/**
 * Replaces each emoji by its description, as the reference's polarity_scores does: a space goes
 * before it unless one stands there already, and none after it, so that what follows sticks to it. `replaced` gets the
 * places.
 */
export function describeEmoji(text: string, replaced?: Replacement[]): string {
  let described = '';
  let kept = 0;
  for (let at = 0; at < text.length; at++) {
    if (text.charCodeAt(at) <= LAST_ASCII) continue;
    const point = text.codePointAt(at) ?? 0;
    const description = DESCRIPTIONS.get(point);
    if (description !== undefined) {
      const apart = at === 0 || (at > kept && text.charCodeAt(at - 1) === SPACE);
      described += text.slice(kept, at) + (apart ? '' : ' ') + description;
      kept = at + (point > LAST_SINGLE_UNIT ? 2 : 1);
      const end = described.length;
      replaced?.push({ start: end - description.length, end, from: at, to: kept });
    }
    if (point > LAST_SINGLE_UNIT) at++;
  }
  return kept === 0 ? text : described + text.slice(kept);
}
