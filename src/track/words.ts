// The one tokenizer: posts and terms of tracks both pass through it, so they agree on what a word is.

import { decodeHTMLStrict } from 'entities/decode';
import { addressesIn, addressWords, findLinks } from './address.ts';
import { DIGIT, EMOJI, FLAG_LETTER, kindOf, LETTER, MARK, SPACELESS } from './character-kinds.ts';
import { fold } from './fold.ts';
import { hashtagOf, isStated, lettersAt, nameAt } from './hashtag.ts';
import { BORDER, GAP, type Word } from './word.ts';

export type { Word } from './word.ts';

const SIGNS = { '#': 0x23, $: 0x24, '+': 0x2b, '.': 0x2e, '/': 0x2f, '@': 0x40 } as const;
/** By code unit: the signs that may mean something directly before a word. */
const MAY_MARK = new Uint8Array(SIGNS['@'] + 1);
for (const sign of [SIGNS['#'], SIGNS.$, SIGNS['.'], SIGNS['/'], SIGNS['@']]) MAY_MARK[sign] = 1;

const SPACE = 0x20;

const NONE: ReadonlySet<Word> = new Set();

/** All words of `text`: those in order, and behind borders its hashtags of several words and its addresses. */
export function words(text: string): Word[] {
  return new TextWords(foldText(text)).all();
}

/** Folds a text that may have HTML entities. */
export function foldText(text: string): string {
  return fold(text.includes('&') ? decodeHTMLStrict(text) : text);
}

/** The words of a folded text. */
export class TextWords {
  /** The words of the text, where a link stands as a border. */
  readonly inOrder: Word[] = [];
  /** Names that `inOrder` has only in parts, such as `#self-care`, and words that it has only as a hashtag. */
  readonly #names: Word[] = [];
  readonly #links: Word[] = [];
  readonly #addresses: Word[] = [];
  readonly #folded: string;
  readonly #stated: ReadonlySet<Word>;
  /** The part of the text between two links. */
  #from = 0;
  #to = 0;
  /** Where the last hashtag ends, and the last address. */
  #hashtagEnd = -1;
  #addressEnd = -1;
  /** Where the last letter of a script without spaces ends, and how many words there are up to it. */
  #spacelessEnd = -1;
  #spacelessCount = -1;

  /** Hashtags in `stated` do not count where they stand in the text, because they are words of the post already. */
  constructor(folded: string, stated = NONE) {
    this.#folded = folded;
    this.#stated = stated;
    for (const { 0: link, index } of findLinks(folded)) {
      this.#to = index;
      this.#read();
      this.inOrder.push(BORDER);
      this.#links.push(BORDER);
      append(addressWords(link), this.#links);
      this.#from = index + link.length;
    }
    this.#to = folded.length;
    this.#read();
  }

  /** Whether the text has a name that is more than one word, or a link. */
  get hasParts(): boolean {
    return this.#names.length > 0 || this.#links.length > 0;
  }

  all(): Word[] {
    append(this.#names, this.inOrder);
    append(this.#links, this.inOrder);
    append(this.#addresses, this.inOrder);
    return this.inOrder;
  }

  #read(): void {
    const folded = this.#folded;
    const found = this.inOrder;
    const from = this.#from;
    const to = this.#to;
    let start = -1;
    /** Where the word before ends. */
    let end = -1;
    let digitsAlone = true;
    for (let at = from; at <= to; ) {
      const codePoint = at < to ? (folded.codePointAt(at) as number) : 0;
      const kind = kindOf(codePoint);
      if (kind === LETTER || kind === DIGIT || (kind === MARK && start !== -1)) {
        if (start === -1) {
          start = at;
          digitsAlone = true;
        }
        if (kind !== DIGIT) digitsAlone = false;
      } else {
        if (start !== -1) {
          const isPlain =
            !(MAY_MARK[folded.charCodeAt(start - 1)] === 1 && start > from) &&
            codePoint !== SIGNS['+'] &&
            codePoint !== SIGNS['#'];
          found.push(isPlain ? folded.slice(start, at) : this.#mark(start, at, end, digitsAlone));
          start = -1;
          end = at;
        }
        if (kind === SPACELESS) {
          at = end = this.#readSpaceless(at, end);
          continue;
        }
        if (kind === EMOJI || kind === FLAG_LETTER) {
          at = this.#readEmoji(at, kind);
          continue;
        }
      }
      at += codePoint < 0x10000 ? 1 : 2;
    }
  }

  /** The word from `start` to `at` with the signs that belong to it. The word before ends at `end`. */
  #mark(start: number, at: number, end: number, digitsAlone: boolean): Word {
    const folded = this.#folded;
    const sign = folded.charCodeAt(start - 1);
    const isInside = start - 1 === end;
    if (isInside && (sign === SIGNS['.'] || sign === SIGNS['/'])) this.#readAddresses(start);
    if (sign === SIGNS['#'] && (!isInside || end === this.#hashtagEnd)) {
      return this.#readHashtag(start, at, this.#edge(at), digitsAlone);
    }
    const isSigil = sign === SIGNS['@'] || (sign === SIGNS.$ && !digitsAlone);
    if (isSigil && !isInside) return folded.slice(start - 1, at);
    const isDotted = sign === SIGNS['.'] && !isInside && folded.charAt(start - 2) !== '.';
    return folded.slice(isDotted ? start - 1 : start, this.#edge(at));
  }

  /** A `#` before digits alone is no hashtag: `#1` is the word `1`. One behind a hashtag is: `#coffee#tea` are two. */
  #readHashtag(start: number, at: number, edge: number, digitsAlone: boolean): Word {
    const folded = this.#folded;
    const name = nameAt(folded, start, this.#to);
    const hashtag = hashtagOf(name);
    const bare = folded.slice(start, edge);
    if (hashtag === undefined) return bare;
    this.#hashtagEnd = start + name.length;
    const word = folded.slice(start - 1, at);
    if (hashtag === word) return word;
    if (isStated(hashtag, this.#stated)) return bare;
    this.#names.push(BORDER, hashtag);
    const shortest = `#${lettersAt(folded, start, this.#to)}`;
    if (shortest !== word) {
      if (shortest !== hashtag) this.#names.push(BORDER, shortest);
      return bare;
    }
    if (digitsAlone) return bare;
    if (edge > at) this.#names.push(BORDER, bare);
    return word;
  }

  /** Where the `+` and `#` end that stand directly behind a word, unless another word follows them. */
  #edge(at: number): number {
    const folded = this.#folded;
    let edge = at;
    while (folded.charCodeAt(edge) === SIGNS['+'] || folded.charCodeAt(edge) === SIGNS['#']) edge++;
    if (edge === at) return at;
    const kind = kindOf(folded.codePointAt(edge) ?? 0);
    const isInside = kind === SPACELESS && folded.charCodeAt(edge - 1) === SIGNS['#'];
    return kind === LETTER || kind === DIGIT || isInside ? at : edge;
  }

  /** Reads the letter at `at` and its marks, and returns where they end. The word before ends at `end`. */
  #readSpaceless(at: number, end: number): number {
    const folded = this.#folded;
    let next = at + sizeOf(folded.codePointAt(at) ?? 0);
    while (next < this.#to) {
      const codePoint = folded.codePointAt(next) ?? 0;
      if (kindOf(codePoint) !== MARK) break;
      next += sizeOf(codePoint);
    }
    const isNext = this.#spacelessEnd === at || this.#spacelessCount !== this.inOrder.length;
    if (!isNext) this.inOrder.push(GAP);
    this.inOrder.push(this.#markSpaceless(at, next, end));
    this.#spacelessEnd = next;
    this.#spacelessCount = this.inOrder.length;
    return next;
  }

  #markSpaceless(start: number, at: number, end: number): Word {
    const folded = this.#folded;
    const letter = folded.slice(start, at);
    const sign = start > this.#from ? folded.charCodeAt(start - 1) : 0;
    const isInside = start - 1 === end;
    if (sign === SIGNS['#'] && (!isInside || end === this.#hashtagEnd)) {
      return this.#readHashtag(start, at, at, false);
    }
    if (isInside || (sign !== SIGNS['@'] && sign !== SIGNS.$)) return letter;
    const name = folded.charAt(start - 1) + lettersAt(folded, start, this.#to);
    if (name.length === at - start + 1) return name;
    this.#names.push(BORDER, name);
    return letter;
  }

  /** Reads the emoji at `at`, and returns where it ends. */
  #readEmoji(at: number, kind: number): number {
    const folded = this.#folded;
    let next = at + sizeOf(folded.codePointAt(at) ?? 0);
    if (kind === FLAG_LETTER && next < this.#to) {
      const codePoint = folded.codePointAt(next) ?? 0;
      if (kindOf(codePoint) === FLAG_LETTER) next += sizeOf(codePoint);
    }
    this.inOrder.push(folded.slice(at, next));
    return next;
  }

  /** Reads the addresses in the text around the word at `start`, up to white space. */
  #readAddresses(start: number): void {
    const folded = this.#folded;
    if (start < this.#addressEnd) return;
    let from = start;
    while (from > this.#from && folded.charCodeAt(from - 1) > SPACE) from -= 1;
    let to = start;
    while (to < this.#to && folded.charCodeAt(to) > SPACE) to += 1;
    this.#addressEnd = to;
    append(addressesIn(folded.slice(from, to)), this.#addresses);
  }
}

function sizeOf(codePoint: number): number {
  return codePoint < 0x10000 ? 1 : 2;
}

/** Unlike `push(...more)`, it takes any number. */
function append(more: readonly Word[], words: Word[]): void {
  for (const word of more) words.push(word);
}
