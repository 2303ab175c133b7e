// The one tokenizer: posts and terms of tracks both pass through it, so they agree on what a word is.

import { decodeHTMLStrict } from 'entities/decode';
import { addressesIn, addressWords, findLinks } from './address.ts';
import { DIGIT, kindOf, LETTER, MARK } from './character-kinds.ts';
import { fold } from './fold.ts';
import { hashtagOf, isStated, nameAt } from './hashtag.ts';
import { BORDER, type Word } from './word.ts';

export type { Word } from './word.ts';

const SIGNS = { '#': 0x23, $: 0x24, '+': 0x2b, '.': 0x2e, '/': 0x2f, '@': 0x40 } as const;
/** By code unit: the signs that may mean something directly before a word. */
const MAY_MARK = new Uint8Array(SIGNS['@'] + 1);
for (const sign of [SIGNS['#'], SIGNS.$, SIGNS['.'], SIGNS['/'], SIGNS['@']]) MAY_MARK[sign] = 1;

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
  /** Runs of letters, marks, digits and underscores, with the signs at their edges. A link stands here as a border. */
  readonly inOrder: Word[] = [];
  /** Hashtags that `inOrder` has only in parts, such as `#self-care`, and words that it has only as a hashtag. */
  readonly #hashtags: Word[] = [];
  readonly #links: Word[] = [];
  readonly #addresses: Word[];
  readonly #folded: string;
  readonly #stated: ReadonlySet<Word>;
  #mayHaveAddresses = false;

  /** Hashtags in `stated` do not count where they stand in the text, because they are words of the post already. */
  constructor(folded: string, stated = NONE) {
    this.#folded = folded;
    this.#stated = stated;
    let from = 0;
    let text = '';
    for (const { 0: link, index } of findLinks(folded)) {
      this.#read(from, index);
      this.inOrder.push(BORDER);
      this.#links.push(BORDER, ...addressWords(link));
      text += `${folded.slice(from, index)} `;
      from = index + link.length;
    }
    this.#read(from, folded.length);
    this.#addresses = this.#mayHaveAddresses ? addressesIn(text + folded.slice(from)) : [];
  }

  /** Whether the text has a hashtag of several words, or a link. */
  get hasParts(): boolean {
    return this.#hashtags.length > 0 || this.#links.length > 0;
  }

  all(): Word[] {
    const { inOrder } = this;
    for (const aside of [this.#hashtags, this.#links, this.#addresses]) {
      for (const word of aside) inOrder.push(word);
    }
    return inOrder;
  }

  #read(from: number, to: number): void {
    const folded = this.#folded;
    const found = this.inOrder;
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
      } else if (start !== -1) {
        const isPlain =
          !(MAY_MARK[folded.charCodeAt(start - 1)] === 1 && start > from) &&
          codePoint !== SIGNS['+'] &&
          codePoint !== SIGNS['#'];
        found.push(isPlain ? folded.slice(start, at) : this.#mark(start, at, end, digitsAlone));
        start = -1;
        end = at;
      }
      at += codePoint < 0x10000 ? 1 : 2;
    }
  }

  /** The word from `start` to `at` with the signs that belong to it. The word before ends at `end`. */
  #mark(start: number, at: number, end: number, digitsAlone: boolean): Word {
    const folded = this.#folded;
    const sign = folded.charCodeAt(start - 1);
    const isInside = start - 1 === end;
    if (isInside && (sign === SIGNS['.'] || sign === SIGNS['/'])) this.#mayHaveAddresses = true;
    if (sign === SIGNS['#'] && (!isInside || this.#endsInHashtag())) {
      return this.#hashtag(start, at, digitsAlone);
    }
    const isSigil = sign === SIGNS['@'] || (sign === SIGNS.$ && !digitsAlone);
    if (isSigil && !isInside) return folded.slice(start - 1, at);
    const isDotted = sign === SIGNS['.'] && !isInside && folded.charAt(start - 2) !== '.';
    return folded.slice(isDotted ? start - 1 : start, this.#edge(at));
  }

  /** A `#` inside a word is no hashtag, but `#coffee#tea` are two. */
  #endsInHashtag(): boolean {
    return this.inOrder.at(-1)?.charCodeAt(0) === SIGNS['#'];
  }

  /** A `#` before digits alone is no hashtag: `#1` is the word `1`. */
  #hashtag(start: number, at: number, digitsAlone: boolean): Word {
    const folded = this.#folded;
    const word = folded.slice(start - 1, at);
    const edge = this.#edge(at);
    const hashtag = hashtagOf(nameAt(folded, start));
    if (hashtag === word) return word;
    if (hashtag === undefined || isStated(hashtag, this.#stated)) return folded.slice(start, edge);
    this.#hashtags.push(BORDER, hashtag);
    if (digitsAlone) return folded.slice(start, edge);
    if (edge > at) this.#hashtags.push(BORDER, folded.slice(start, edge));
    return word;
  }

  /** Where the `+` and `#` end that stand directly behind a word, unless another word follows them. */
  #edge(at: number): number {
    const folded = this.#folded;
    let edge = at;
    while (folded.charCodeAt(edge) === SIGNS['+'] || folded.charCodeAt(edge) === SIGNS['#']) edge++;
    if (edge === at) return at;
    const kind = kindOf(folded.codePointAt(edge) ?? 0);
    return kind === LETTER || kind === DIGIT ? at : edge;
  }
}
