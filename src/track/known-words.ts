// The words that active tracks mention. Each has a number.

import { NumberSet } from './number-set.ts';
import { hasSigns, type Word } from './word.ts';
import { WordFilter } from './word-filter.ts';

export class KnownWords {
  /** The numbers of words, and of those that the present post has. */
  readonly numbers = new NumberSet();
  /** A number that is no word's. */
  readonly never = this.numbers.take();
  readonly #byWord = new Map<Word, number>();
  /** By number. */
  readonly #words: Word[] = [];
  readonly #signed: boolean[] = [];
  /** How many times tracks mention it. */
  readonly #mentions: number[] = [];
  readonly filter = new WordFilter();

  /** The number of `word`, if any track mentions it. */
  numberOf(word: Word): number | undefined {
    return this.#byWord.get(word);
  }

  wordOf(number: number): Word {
    return this.#words[number] as Word;
  }

  isSigned(number: number): boolean {
    return this.#signed[number] as boolean;
  }

  /** Compares words, so that the rarest comes first. */
  compare(a: number, b: number): number {
    const mentions = (this.#mentions[a] as number) - (this.#mentions[b] as number);
    return mentions || this.wordOf(b).length - this.wordOf(a).length;
  }

  /** A track mentions `word` once more. Returns its number. */
  mention(word: Word): number {
    const known = this.#byWord.get(word);
    if (known !== undefined) {
      this.#mentions[known] = (this.#mentions[known] as number) + 1;
      return known;
    }
    const number = this.numbers.take();
    while (this.#words.length <= number) {
      this.#words.push('');
      this.#signed.push(false);
      this.#mentions.push(0);
    }
    this.#words[number] = word;
    this.#signed[number] = hasSigns(word);
    this.#mentions[number] = 1;
    this.#byWord.set(word, number);
    this.filter.add(word, this.#byWord);
    return number;
  }

  /** Undoes `mention`. A word that no track mentions is forgotten. */
  forget(number: number): void {
    const mentions = (this.#mentions[number] as number) - 1;
    this.#mentions[number] = mentions;
    if (mentions > 0) return;
    this.#byWord.delete(this.wordOf(number));
    this.#words[number] = '';
    this.numbers.free(number);
    this.filter.forgot(this.#byWord);
  }
}
