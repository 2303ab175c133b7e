// Finds the words of a folded text.

import { nameAt } from '../base/hashtag-name.ts';
import { addressesIn, addressWords, mayHaveLinks, nextLink } from './address.ts';
import { DIGIT, FLAG_LETTER, kindOf, LETTER, MARK, NOTHING, SPACELESS } from './character-kinds.ts';
import { hashtagOf, isStated, lettersAt, mayGoOn } from './hashtag.ts';
import { BORDER, GAP, SIGNS_FOLLOW, type Word } from './word.ts';

const SIGNS = { '#': 0x23, $: 0x24, '+': 0x2b, '.': 0x2e, '/': 0x2f, '@': 0x40 } as const;
/** By code unit: the signs that may mean something directly before a word. */
const MAY_MARK = new Uint8Array(SIGNS['@'] + 1);
for (const sign of [SIGNS['#'], SIGNS.$, SIGNS['.'], SIGNS['/'], SIGNS['@']]) MAY_MARK[sign] = 1;
const DIGITS_ALONE = /^\p{Nd}+$/u;

const SPACE = 0x20;

const NONE: ReadonlySet<Word> = new Set();

/** The words of a folded text. */
export class TextWords {
  /** The words of the text, where a link stands as a border. */
  readonly inOrder: Word[] = [];
  /** Whether the text has a name that is more than one word, or a link. */
  hasParts = false;
  /**
   * Each behind a border: names that `inOrder` has only in parts, such as `#self-care`, words that it has only as a
   * hashtag, links and other addresses.
   */
  #apart: Word[] | undefined;
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
    if (mayHaveLinks(folded)) this.#readToLastLink();
    this.#to = folded.length;
    this.#read();
  }

  #readToLastLink(): void {
    for (;;) {
      const found = nextLink(this.#folded, this.#from);
      if (found === null) return;
      this.#to = found.index;
      this.#read();
      this.inOrder.push(BORDER);
      this.#addPart(addressWords(found[0]));
      this.#from = found.index + found[0].length;
    }
  }

  all(): Word[] {
    if (this.#apart !== undefined) append(this.#apart, this.inOrder);
    return this.inOrder;
  }

  #addPart(words: readonly Word[]): void {
    this.hasParts = true;
    this.#apart ??= [];
    this.#apart.push(BORDER);
    append(words, this.#apart);
  }

  #read(): void {
    const folded = this.#folded;
    const found = this.inOrder;
    const from = this.#from;
    const to = this.#to;
    /** Where the word before ends. */
    let end = -1;
    for (let at = from; at < to; ) {
      const codePoint = folded.codePointAt(at) as number;
      const kind = kindOf(codePoint);
      if (kind === NOTHING || kind === MARK) {
        at += sizeOf(codePoint);
      } else if (kind === LETTER || kind === DIGIT) {
        const start = at;
        at = endOfWord(folded, at, to);
        const before = start > from ? folded.charCodeAt(start - 1) : 0;
        const after = at < to ? folded.charCodeAt(at) : 0;
        const mayBeMarked =
          (before <= SIGNS['@'] && MAY_MARK[before] === 1) ||
          after === SIGNS['+'] ||
          after === SIGNS['#'];
        found.push(mayBeMarked ? this.#mark(start, at, end) : folded.slice(start, at));
        end = at;
      } else if (kind === SPACELESS) {
        at = end = this.#readSpaceless(at, end);
      } else {
        at = this.#readEmoji(at, kind);
      }
    }
  }

  /** The word from `start` to `at` with the signs that belong to it. The word before ends at `end`. */
  #mark(start: number, at: number, end: number): Word {
    const folded = this.#folded;
    const sign = start > this.#from ? folded.charCodeAt(start - 1) : 0;
    const isInside = start - 1 === end;
    if (sign === SIGNS['#'] && (!isInside || end === this.#hashtagEnd)) {
      const edge = this.#edge(at);
      return this.#readHashtag(start, at, edge, withSigns(folded.slice(start, edge), at - start));
    }
    if (isInside) {
      if (sign === SIGNS['.'] || sign === SIGNS['/']) this.#readAddresses(start);
    } else if (sign === SIGNS['@'] || (sign === SIGNS.$ && !areDigits(folded, start, at))) {
      return folded.slice(start - 1, at);
    } else if (sign === SIGNS['.'] && folded.charCodeAt(start - 2) !== SIGNS['.']) {
      return folded.slice(start - 1, this.#edge(at));
    }
    return withSigns(folded.slice(start, this.#edge(at)), at - start);
  }

  /**
   * The word from `start` to `at` as a hashtag, or `bare` if it is none: `#1` is the word `1`. A `#` behind a hashtag
   * begins another: `#coffee#tea` are two.
   */
  #readHashtag(start: number, at: number, edge: number, bare: Word): Word {
    const folded = this.#folded;
    const word = folded.slice(start - 1, at);
    if (edge === at && !mayGoOn(folded, at)) {
      if (areDigits(folded, start, at)) return bare;
      this.#hashtagEnd = at;
      return word;
    }
    const name = nameAt(folded, start, this.#to);
    const hashtag = hashtagOf(name);
    if (hashtag === undefined) return bare;
    this.#hashtagEnd = start + name.length;
    if (hashtag === word) return word;
    if (isStated(hashtag, this.#stated)) return bare;
    this.#addPart([hashtag]);
    const shortest = `#${lettersAt(folded, start, this.#to)}`;
    if (shortest !== word) {
      if (shortest !== hashtag) this.#addPart([shortest]);
      return bare;
    }
    if (areDigits(folded, start, at)) return bare;
    if (edge > at) this.#addPart([bare]);
    return word;
  }

  /** The end of a word that ends at `at`, with all `+` and `#` directly behind it, unless another word follows them. */
  #edge(at: number): number {
    const folded = this.#folded;
    let edge = at;
    while (folded.charCodeAt(edge) === SIGNS['+'] || folded.charCodeAt(edge) === SIGNS['#']) edge++;
    if (edge === at) return at;
    const kind = kindAt(folded, edge);
    const isInside = kind === SPACELESS && folded.charCodeAt(edge - 1) === SIGNS['#'];
    return kind === LETTER || kind === DIGIT || isInside ? at : edge;
  }

  /** Reads the letter at `at` and its marks, and returns where they end. The word before ends at `end`. */
  #readSpaceless(at: number, end: number): number {
    const folded = this.#folded;
    let next = at + sizeOf(folded.codePointAt(at) ?? 0);
    while (next < this.#to && kindAt(folded, next) === MARK) {
      next += sizeOf(folded.codePointAt(next) ?? 0);
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
      return this.#readHashtag(start, at, this.#edge(at), letter);
    }
    if (isInside || (sign !== SIGNS['@'] && sign !== SIGNS.$)) return letter;
    const name = folded.charAt(start - 1) + lettersAt(folded, start, this.#to);
    if (name.length === at - start + 1) return name;
    this.#addPart([name]);
    return letter;
  }

  /** Reads the emoji at `at`, and returns where it ends. */
  #readEmoji(at: number, kind: number): number {
    const folded = this.#folded;
    let next = at + sizeOf(folded.codePointAt(at) ?? 0);
    const isFlag = kind === FLAG_LETTER && kindAt(folded, next) === FLAG_LETTER;
    if (isFlag) next += sizeOf(folded.codePointAt(next) ?? 0);
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
    this.#apart ??= [];
    append(addressesIn(folded.slice(from, to)), this.#apart);
  }
}

/** The end of the word that begins at `start`. */
function endOfWord(folded: string, start: number, to: number): number {
  let at = start;
  for (;;) {
    while (at < to && kindOf(folded.charCodeAt(at)) >= LETTER) at += 1;
    const codePoint = at < to ? (folded.codePointAt(at) as number) : 0;
    if (codePoint < 0x10000 || kindOf(codePoint) < LETTER) return at;
    at += 2;
  }
}

/** A word of a post whose signs begin behind `letters` characters. */
function withSigns(word: string, letters: number): Word {
  return word.length > letters ? SIGNS_FOLLOW + word : word;
}

function areDigits(folded: string, start: number, at: number): boolean {
  return DIGITS_ALONE.test(folded.slice(start, at));
}

function kindAt(folded: string, at: number): number {
  return kindOf(folded.codePointAt(at) ?? 0);
}

function sizeOf(codePoint: number): number {
  return codePoint < 0x10000 ? 1 : 2;
}

/** Unlike `push(...more)`, it takes any number. */
function append(more: readonly Word[], words: Word[]): void {
  for (const word of more) words.push(word);
}
