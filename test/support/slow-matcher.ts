// What a track means, written as plainly as can be: every track is asked about every post.

import type { Post } from '../../src/base/post.ts';
import { fold } from '../../src/track/fold.ts';
import type { Clause, Term, Track } from '../../src/track/track.ts';

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

const WORD = /[\p{L}\p{Nd}_][\p{L}\p{M}\p{Nd}_]*/gu;
const LINK =
  /(?<![\p{L}\p{M}\p{Nd}_#@$+])(?:https?:\/\/|www\.)[^\s\p{C}\p{Pi}\p{Pf}\p{Ps}\p{Pe}<>"`|]+/gu;
const NAME_IN_TEXT =
  /^[\p{L}\p{Nd}_][\p{L}\p{M}\p{Nd}_]*([-–'’&./+:][\p{L}\p{Nd}_][\p{L}\p{M}\p{Nd}_]*)*([+#]+(?![+#\p{L}\p{Nd}_]))?/u;

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
  let isAfterHashtag = false;
  for (const { 0: word, index } of text.matchAll(WORD)) {
    const end = index + word.length;
    const sign = text.charAt(index - 1);
    const isInside = lastEnd === index - 1;
    const [signs = ''] = /^[+#]+(?![+#\p{L}\p{Nd}_])/u.exec(text.slice(end)) ?? [];
    const isNumber = /^\p{Nd}+$/u.test(word);
    const found = new Set([word]);
    inOrder.push(found);
    let isHashtag = false;
    if (sign === '#' && (!isInside || isAfterHashtag)) {
      const name = spellName(NAME_IN_TEXT.exec(text.slice(index))?.[0] ?? '');
      const isLong = name !== word && !/^[\p{Nd}-]+[+#]*$/u.test(name);
      const isStated = isLong && ends(name).some((it) => /[-+#]/.test(it) && names.includes(it));
      if (isLong && !isStated) apart.push([tagNames(name)]);
      isHashtag = !isNumber && !isStated;
      if (isHashtag && isLong && signs !== '') apart.push([new Set([word, word + signs])]);
      found.add(isHashtag ? `#${word}` : word + signs);
    } else if (!isInside && (sign === '@' || (sign === '$' && !isNumber))) {
      found.add(sign + word);
    } else {
      const isDotted = sign === '.' && !isInside && text.charAt(index - 2) !== '.';
      found.add(isDotted ? `.${word}${signs}` : word + signs);
    }
    isAfterHashtag = isHashtag;
    lastEnd = end;
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
  const signs = /[\p{L}\p{M}\p{Nd}_]([+#]+)[^\p{L}\p{Nd}_]*$/u.exec(name)?.[1] ?? '';
  return (name.match(WORD) ?? []).join('-') + signs;
}

function readAddresses(text: string): Part[] {
  const runs =
    text.match(
      /[\p{L}\p{Nd}_][\p{L}\p{M}\p{Nd}_]*(?:[-./:?=&#%@+~!$*';]+[\p{L}\p{Nd}_][\p{L}\p{M}\p{Nd}_]*)*/gu,
    ) ?? [];
  return runs.filter((run) => /[\p{L}\p{M}\p{Nd}_][./][\p{L}\p{Nd}_]/u.test(run)).map(readAddress);
}

function readAddress(address: string): Part {
  let text = address;
  try {
    if (address.includes('%')) text = fold(decodeURI(address));
  } catch {}
  text = text.replace(/^([a-z][a-z\d+.-]*:)?\/\//, '');
  if (/^www\.[\p{L}\p{Nd}_]/u.test(text) && (text.match(WORD) ?? []).length > 2) {
    text = text.slice('www.'.length);
  }
  return [...text.matchAll(WORD)].map(({ 0: word, index }, i) => {
    const [signs = ''] = /[^\p{L}\p{Nd}_]*$/u.exec(text.slice(0, index)) ?? [];
    const joint = i > 0 && ['.', '-', '@'].includes(signs) ? signs : '/';
    return new Set([`${joint}/${word}`, `/${word}`]);
  });
}
