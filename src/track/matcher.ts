// The matcher: which of the active tracks a post matches, found by its words and not by asking each track.
//
// Every clause lies in a trie, on the path of the words it needs, the rarest first. A post visits only
// paths that its own words spell, so what it costs goes with the words it has and the tracks it finds.

import type { Clause, Term, Track } from './track.ts';
import { hashOf, WordFilter } from './word-filter.ts';
import { hasSigil, type Word } from './words.ts';

/** A word that some active track mentions, and the top of the trie for those that need it first. */
interface KnownWord<V> extends Node<V> {
  readonly word: Word;
  /** How many times tracks mention it; at none it is forgotten. */
  mentions: number;
  /** The number of the last post that has it, and where it first stands in there. */
  seenIn: number;
  firstAt: number;
}

interface Node<V> {
  /** Clauses all of whose words lie on the way here. */
  clauses: IndexedClause<V>[];
  /** Those that need more, by the word they need next. */
  next: Map<KnownWord<V>, Node<V>> | undefined;
}

type Phrase<V> = readonly KnownWord<V>[];

interface IndexedClause<V> {
  readonly value: V;
  /** Where the track has other clauses that must not match again; a lone clause needs no such care. */
  readonly siblings: Siblings | undefined;
  /** The way from the top, kept because the order it was chosen by changes over time. */
  readonly path: readonly KnownWord<V>[];
  /** What presence alone does not tell: words that have to stand together… */
  readonly phrases: readonly Phrase<V>[] | undefined;
  /** …and those that must not be there. */
  readonly none: readonly Phrase<V>[] | undefined;
  /** Its place among the clauses of its node. */
  place: number;
}

interface Siblings {
  /** The number of the last post that one of them matched. */
  matchedBy: number;
}

/** Words of a post that are remembered for the next one to reuse their places. */
const KEPT_PLACES = 1024;

/** Active tracks, each with a value of the caller's own. Cost of a change: the words of its track. */
export class Matcher<V> {
  readonly #active = new Map<string, readonly IndexedClause<V>[]>();
  readonly #known = new Map<Word, KnownWord<V>>();
  readonly #filter = new WordFilter();
  /** The post being matched: its number, its length in words, and what stands at each place. */
  #post = 0;
  #length = 0;
  readonly #text: (KnownWord<V> | undefined)[] = [];
  /** Where `#text` has `#rust`, this has `rust`. */
  readonly #bare: (KnownWord<V> | undefined)[] = [];
  readonly #hashes: number[] = [];
  /** Its known words, each once. */
  readonly #present: KnownWord<V>[] = [];
  #presentCount = 0;

  /** How many tracks are active. */
  get size(): number {
    return this.#active.size;
  }

  /** Makes `track` active. One that already is, by its canonical form, keeps its value. */
  add(track: Track, value: V): void {
    if (this.#active.has(track.canonical)) return;
    const siblings = track.clauses.length > 1 ? { matchedBy: 0 } : undefined;
    const clauses = track.clauses.map((clause) => this.#place(value, siblings, clause));
    this.#active.set(track.canonical, clauses);
  }

  /** Undoes `add`; a track that is not active is left alone. */
  delete(track: Track): void {
    const clauses = this.#active.get(track.canonical);
    if (clauses === undefined) return;
    for (const clause of clauses) this.#remove(clause);
    this.#active.delete(track.canonical);
  }

  /** The values of the active tracks that match a post of these words, each once, in no order. */
  match(text: readonly Word[]): V[] {
    this.#read(text);
    const matched: V[] = [];
    for (let i = 0; i < this.#presentCount; i++) {
      this.#collect(this.#present[i] as KnownWord<V>, matched);
    }
    return matched;
  }

  #read(text: readonly Word[]): void {
    this.#post += 1;
    this.#presentCount = 0;
    this.#length = text.length;
    if (this.#text.length > KEPT_PLACES) {
      this.#text.length = KEPT_PLACES;
      this.#bare.length = KEPT_PLACES;
      this.#hashes.length = KEPT_PLACES;
      this.#present.length = Math.min(this.#present.length, KEPT_PLACES);
    }
    // All hashes come first: reading the filter is waiting for memory, and so the waits overlap.
    for (let at = 0; at < text.length; at++) this.#hashes[at] = hashOf(text[at] as Word, 0);
    for (let at = 0; at < text.length; at++) {
      const word = text[at] as Word;
      this.#text[at] = this.#filter.mayHave(this.#hashes[at] as number)
        ? this.#see(word, at)
        : undefined;
      this.#bare[at] =
        hasSigil(word) && this.#filter.mayHave(hashOf(word, 1))
          ? this.#see(word.slice(1), at)
          : undefined;
    }
  }

  #see(word: Word, at: number): KnownWord<V> | undefined {
    const known = this.#known.get(word);
    if (known !== undefined && known.seenIn !== this.#post) {
      known.seenIn = this.#post;
      known.firstAt = at;
      this.#present[this.#presentCount++] = known;
    }
    return known;
  }

  #collect(node: Node<V>, matched: V[]): void {
    for (const clause of node.clauses) {
      const { siblings } = clause;
      if (siblings !== undefined) {
        if (siblings.matchedBy === this.#post || !this.#holds(clause)) continue;
        siblings.matchedBy = this.#post;
      } else if (!this.#holds(clause)) {
        continue;
      }
      matched.push(clause.value);
    }
    const { next } = node;
    if (next === undefined) return;
    if (next.size < this.#presentCount) {
      for (const [word, child] of next) {
        if (word.seenIn === this.#post) this.#collect(child, matched);
      }
    } else {
      for (let i = 0; i < this.#presentCount; i++) {
        const child = next.get(this.#present[i] as KnownWord<V>);
        if (child !== undefined) this.#collect(child, matched);
      }
    }
  }

  /** Whether a clause, all of whose words are in the post, is satisfied by it. */
  #holds({ phrases, none }: IndexedClause<V>): boolean {
    if (phrases !== undefined && !phrases.every((phrase) => this.#stands(phrase))) return false;
    return none === undefined || !none.some((phrase) => this.#stands(phrase));
  }

  /** Whether the words of a phrase stand together anywhere in the post. */
  #stands(phrase: Phrase<V>): boolean {
    let start = 0;
    for (let i = 0; i < phrase.length; i++) {
      const word = phrase[i] as KnownWord<V>;
      if (word.seenIn !== this.#post) return false;
      start = Math.max(start, word.firstAt - i);
    }
    if (phrase.length === 1) return true;
    const last = this.#length - phrase.length;
    for (; start <= last; start++) if (this.#standsAt(phrase, start)) return true;
    return false;
  }

  #standsAt(phrase: Phrase<V>, at: number): boolean {
    for (let i = 0; i < phrase.length; i++) {
      const word = phrase[i];
      if (this.#text[at + i] !== word && this.#bare[at + i] !== word) return false;
    }
    return true;
  }

  #place(value: V, siblings: Siblings | undefined, { all, none }: Clause): IndexedClause<V> {
    const path = [...new Set(all.flat())]
      .map((word) => this.#mention(word))
      .sort((a, b) => a.mentions - b.mentions || b.word.length - a.word.length);
    const node = path.reduce<Node<V> | undefined>(step, undefined);
    if (node === undefined) throw new Error('matcher: a clause without words');
    const phrases = all.filter((term) => term.length > 1);
    const clause: IndexedClause<V> = {
      value,
      siblings,
      path,
      phrases: phrases.length === 0 ? undefined : phrases.map((term) => this.#spell(term)),
      none: none.length === 0 ? undefined : none.map((term) => this.#spell(term)),
      place: node.clauses.length,
    };
    // Most nodes have one clause: a list made with it has room for no more, where one that grows has it for 17.
    if (node.clauses.length === 0) node.clauses = [clause];
    else node.clauses.push(clause);
    return clause;
  }

  #remove(clause: IndexedClause<V>): void {
    removeFrom(undefined, clause, 0);
    for (const word of clause.path) this.#forget(word);
    for (const phrase of [...(clause.phrases ?? []), ...(clause.none ?? [])]) {
      for (const word of phrase) this.#forget(word);
    }
  }

  #spell(term: Term): Phrase<V> {
    return term.map((word) => this.#mention(word));
  }

  #mention(word: Word): KnownWord<V> {
    let known = this.#known.get(word);
    if (known === undefined) {
      known = { word, mentions: 0, seenIn: 0, firstAt: 0, clauses: [], next: undefined };
      this.#known.set(word, known);
      this.#filter.add(word, this.#known);
    }
    known.mentions += 1;
    return known;
  }

  #forget(known: KnownWord<V>): void {
    known.mentions -= 1;
    if (known.mentions > 0) return;
    this.#known.delete(known.word);
    this.#filter.forgot(this.#known);
  }
}

/** The node that `word` leads to: from the top its own, from any other one that is made if need be. */
function step<V>(node: Node<V> | undefined, word: KnownWord<V>): Node<V> {
  if (node === undefined) return word;
  node.next ??= new Map();
  let child = node.next.get(word);
  if (child === undefined) {
    child = { clauses: [], next: undefined };
    node.next.set(word, child);
  }
  return child;
}

/** Takes a clause out of the trie below `parent`, and cuts off what is empty then. */
function removeFrom<V>(parent: Node<V> | undefined, clause: IndexedClause<V>, depth: number): void {
  const word = clause.path[depth];
  const node =
    word === undefined ? undefined : parent === undefined ? word : parent.next?.get(word);
  if (word === undefined || node === undefined)
    throw new Error('matcher: lost the way to a clause');
  if (depth + 1 < clause.path.length) {
    removeFrom(node, clause, depth + 1);
  } else {
    const last = node.clauses.pop();
    if (last !== undefined && last !== clause) {
      node.clauses[clause.place] = last;
      last.place = clause.place;
    }
  }
  if (parent !== undefined && node.clauses.length === 0 && node.next === undefined) {
    parent.next?.delete(word);
    if (parent.next?.size === 0) parent.next = undefined;
  }
}
