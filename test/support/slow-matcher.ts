// What a track means, written as plainly as can be: every track is asked about every post.

import type { Post } from '../../src/base/post.ts';
import { fold } from '../../src/track/fold.ts';
import type { Term } from '../../src/track/query-term.ts';
import type { Clause, Track } from '../../src/track/track.ts';

/** Words that stand next to each other. Each is the set of all that a term may call it. */
export type Part = readonly ReadonlySet<string>[];

export function matchesSlowly(track: Track, text: string): boolean {
  return matchesPartsSlowly(track, readSlowly(text));
}

/** The same for a post that has been read. */
export function matchesPartsSlowly(track: Track, parts: readonly Part[]): boolean {
  return track.clauses.some((clause) => clauseMatches(clause, parts));
}

function clauseMatches({ all, none }: Clause, parts: readonly Part[]): boolean {
  return all.every((term) => stands(term, parts)) && !none.some((term) => stands(term, parts));
}

/** Whether the words of `term` stand somewhere in a row. */
function stands(term: Term, parts: readonly Part[]): boolean {
  return parts.some((part) =>
    part.some((_, start) => term.every((wanted, i) => part[start + i]?.has(wanted))),
  );
}

// A letter of a script that is written without spaces, and any letter or digit.
const SCRIPTS = ['Han', 'Hiragana', 'Katakana', 'Hangul', 'Thai', 'Lao', 'Khmer', 'Myanmar'];
const SPACELESS = `(?:(?=\\p{L})[${SCRIPTS.map((script) => `\\p{scx=${script}}`).join('')}]|〇)`;
const LETTER = '[\\p{L}\\p{Nd}_〇]';
const MARK = '[\\p{Mn}\\p{Mc}]';
const SPACED = `(?!${SPACELESS})${LETTER}`;
const LETTERS = `${LETTER}(?:${LETTER}|${MARK})*`;
const SPACED_LETTERS = `${SPACED}(?:${SPACED}|${MARK})*`;
const EMOJI = '\\p{Regional_Indicator}{1,2}|(?![©®〰〽])\\p{Extended_Pictographic}';

const TOKEN = new RegExp(`${SPACED_LETTERS}|${SPACELESS}${MARK}*|${EMOJI}`, 'gu');
const WORD = new RegExp(LETTERS, 'gu');
const LINK = new RegExp(
  `(?<!${SPACED}|[#@$+])(?:https?://|www\\.)` +
    `(?:(?!${SPACELESS})[^\\s\\p{C}\\p{Pi}\\p{Pf}\\p{Ps}\\p{Pe}<>"\`|])+`,
  'gu',
);
const SIGNS = `[+#]+(?![+#]|${SPACED})(?!(?<=#)${SPACELESS})`;
const SIGNS_BEHIND = new RegExp(`^${SIGNS}`, 'u');
const NAME_IN_TEXT = new RegExp(`^${LETTERS}(?:[-–'’&./+:]${LETTERS})*(?:${SIGNS})?`, 'u');

const EMOJI_ALONE = new RegExp(`^(?:${EMOJI})$`, 'u');
const SPACELESS_ALONE = new RegExp(`^${SPACELESS}${MARK}*$`, 'u');
const FIRST_LETTERS = new RegExp(`^${LETTERS}`, 'u');
const LAST_SIGNS = new RegExp(
  `(?:${LETTER}|${MARK})([+#]+)(?:(?![+#]|${LETTER}).(?:(?!${LETTER}).)*)?$`,
  'su',
);
const NO_LETTERS = new RegExp(`(?:(?!${LETTER}).)*$`, 'su');
const RUN = new RegExp(`${SPACED_LETTERS}(?:[-./:?=&#%@+~!$*';]+${SPACED_LETTERS})*`, 'gu');
const INSIDE = new RegExp(`(?:${LETTER}|${MARK})[./]${LETTER}`, 'u');
const WWW = new RegExp(`^(?:(?!${LETTER}).)*((?:www\\.(?=${LETTER}))*)`, 'su');

/** The parts of a post. */
export function readPostSlowly(post: Pick<Post, 'text' | 'tags' | 'links' | 'attached'>): Part[] {
  const names = post.tags.map((tag) => spellName(fold(tag)));
  return [
    ...readSlowly(post.text, names),
    ...post.tags.flatMap((tag, i) => readTag(fold(tag), names[i] ?? '')),
    ...post.links.map((link) => readAddress(fold(link))),
    ...post.attached.flatMap((text) => readSlowly(text)),
  ];
}

function readTag(tag: string, name: string): Part[] {
  const parts = readSlowly(tag);
  return /^\p{Nd}*$/u.test(name.replaceAll('-', '')) ? parts : [[tagNames(name)], ...parts];
}

/** The parts of a text, with entities of the few kinds that posts have. Its source has stated `names`. */
export function readSlowly(text: string, names: readonly string[] = []): Part[] {
  const folded = fold(
    text
      .replaceAll('&lt;', '<')
      .replaceAll('&gt;', '>')
      .replaceAll('&quot;', '"')
      .replaceAll('&#39;', "'")
      .replaceAll('&amp;', '&'),
  );
  const links = folded.match(LINK) ?? [];
  const texts = folded.split(LINK);
  return [
    ...texts.flatMap((it) => readText(it, names)),
    ...texts.flatMap(readAddresses),
    ...links.map(readAddress),
  ];
}

function readText(text: string, names: readonly string[]): Part[] {
  const inOrder: Set<string>[] = [];
  const apart: Part[] = [];
  let lastEnd = -1;
  let hashtagEnd = -1;
  let wasSpaceless = false;
  for (const { 0: word, index } of text.matchAll(TOKEN)) {
    if (EMOJI_ALONE.test(word)) {
      inOrder.push(new Set([word]));
      wasSpaceless = false;
      continue;
    }
    const end = index + word.length;
    const sign = text.charAt(index - 1);
    const isInside = lastEnd === index - 1;
    const isSpaceless = SPACELESS_ALONE.test(word);
    if (isSpaceless && wasSpaceless && lastEnd !== index) inOrder.push(new Set([' ']));
    const signs = isSpaceless ? '' : (SIGNS_BEHIND.exec(text.slice(end))?.[0] ?? '');
    const isNumber = /^\p{Nd}+$/u.test(word);
    const letters = FIRST_LETTERS.exec(text.slice(index))?.[0] ?? '';
    const found = new Set([word]);
    inOrder.push(found);
    if (sign === '#' && (!isInside || lastEnd === hashtagEnd)) {
      const written = NAME_IN_TEXT.exec(text.slice(index))?.[0] ?? '';
      const name = spellName(written);
      const isHashtag = !/^[\p{Nd}-]+[+#]*$/u.test(name);
      const isStated = ends(name).some((it) => /[-+#]/.test(it) && names.includes(it));
      if (isHashtag) hashtagEnd = index + written.length;
      if (isHashtag && !isStated) {
        if (name !== word) apart.push([tagNames(name)]);
        if (letters !== word) apart.push([tagNames(letters)]);
        if (letters === word && signs !== '' && !isNumber) {
          apart.push([new Set([word, word + signs])]);
        }
      }
      const isShown = isHashtag && !isStated && letters === word && (!isNumber || name === word);
      found.add(isShown ? `#${word}` : word + signs);
    } else if (!isInside && (sign === '@' || (sign === '$' && !isNumber))) {
      if (!isSpaceless || letters === word) found.add(sign + word);
      else apart.push([new Set([sign + letters, letters])]);
    } else {
      const isDotted = sign === '.' && !isInside && !isSpaceless && text.charAt(index - 2) !== '.';
      found.add(isDotted ? `.${word}${signs}` : word + signs);
    }
    lastEnd = end;
    wasSpaceless = isSpaceless;
  }
  return [inOrder, ...apart];
}

function tagNames(name: string): Set<string> {
  return new Set([`#${name}`, name.replace(/[+#]+$/, '')]);
}

/** A name as it is, and without the last one, two or three of its words. */
function ends(name: string): string[] {
  const words = name.split('-');
  return [0, 1, 2, 3].map((cut) => words.slice(0, words.length - cut).join('-'));
}

/** Words with a `-` between them, and the signs behind the last. */
function spellName(name: string): string {
  const signs = LAST_SIGNS.exec(name)?.[1];
  return (name.match(WORD) ?? []).join('-') + (signs ?? '');
}

function readAddresses(text: string): Part[] {
  return (text.match(RUN) ?? []).filter((run) => INSIDE.test(run)).map(readAddress);
}

function readAddress(address: string): Part {
  let text = address;
  try {
    if (address.includes('%')) text = fold(decodeURI(address));
  } catch {}
  text = text.replace(/^([a-z][a-z\d+.-]*:)?\/\//, '');
  const words = [...text.matchAll(WORD)];
  const leading = (WWW.exec(text)?.[1]?.length ?? 0) / 'www.'.length;
  return words
    .slice(Math.max(0, Math.min(leading, words.length - 2)))
    .map(({ 0: word, index }, i) => {
      const signs = NO_LETTERS.exec(text.slice(0, index))?.[0] ?? '';
      const joint = i > 0 && ['.', '-', '@'].includes(signs) ? signs : '/';
      return new Set([`${joint}/${word}`, `/${word}`]);
    });
}
