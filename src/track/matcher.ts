// The matcher: finds which of the active tracks a post matches.
//
// A post visits only the paths of the trie that its own words spell, so its cost depends on its words and on the tracks
// it matches, not on the number of tracks. Even a post with every word visits each clause only once.

import {
  ALONE,
  type IndexedClause,
  insert,
  type Node,
  removeFrom,
  type TopWord,
} from './clause-trie.ts';
import { ClauseWords } from './clause-words.ts';
import { type KnownWord, type Phrase, PostWords } from './post-words.ts';
import type { Term } from './query-term.ts';
import { SeenNumbers } from './seen-numbers.ts';
import type { Clause, Track } from './track.ts';
import { hasSigns, type Word } from './word.ts';
import { WordFilter } from './word-filter.ts';

/** Active tracks, each with a value of the caller's. A change costs as much as its track has words. */
export class Matcher<V> {
  readonly #active = new Map<string, readonly IndexedClause<V>[]>();
  readonly #known = new Map<Word, TopWord<V>>();
  readonly #filter = new WordFilter();
  readonly #words = new ClauseWords();
  /** For tracks of several clauses. */
  readonly #tracks = new SeenNumbers();
  readonly #post = new PostWords<TopWord<V>>(this.#known, this.#filter);

  /** How many tracks are active. */
  get size(): number {
    return this.#active.size;
  }

  /** The values of the active tracks. */
  *values(): Generator<V> {
    for (const [clause] of this.#active.values()) if (clause !== undefined) yield clause.value;
  }

  /** Words of the last post that were compared to find phrases. */
  get steps(): number {
    return this.#post.steps;
  }

  /** Makes `track` active. A track that is active already, by its canonical form, keeps its value. */
  add(track: Track, value: V): void {
    if (this.#active.has(track.canonical)) return;
    const number = track.clauses.length > 1 ? this.#tracks.take() : ALONE;
    const clauses = track.clauses.map((clause) => this.#place(value, number, clause));
    this.#active.set(track.canonical, clauses);
  }

  /** Undoes `add`, if the track is active. */
  delete(track: Track): void {
    const clauses = this.#active.get(track.canonical);
    if (clauses === undefined) return;
    for (const clause of clauses) this.#remove(clause);
    const number = clauses[0]?.track ?? ALONE;
    if (number !== ALONE) this.#tracks.free(number);
    this.#active.delete(track.canonical);
  }

  /** The values of the active tracks that match a post of these words, each once, in no order. */
  match(text: readonly Word[]): V[] {
    const post = this.#post;
    post.read(text);
    const matched: V[] = [];
    for (let i = 0; i < post.presentCount; i++) {
      this.#collect(post.present[i] as TopWord<V>, matched);
    }
    return matched;
  }

  #collect(node: Node<V>, matched: V[]): void {
    const { number, present, presentCount } = this.#post;
    for (const clause of node.clauses) this.#check(clause, matched);
    const { next } = node;
    if (next === undefined) return;
    if (next.size < presentCount) {
      for (const [word, child] of next) if (word.seenIn === number) this.#descend(child, matched);
    } else {
      for (let i = 0; i < presentCount; i++) {
        const child = next.get(present[i] as TopWord<V>);
        if (child !== undefined) this.#descend(child, matched);
      }
    }
  }

  #descend(child: Node<V> | IndexedClause<V>, matched: V[]): void {
    if (child.clauses === undefined) this.#check(child, matched);
    else this.#collect(child, matched);
  }

  #check(clause: IndexedClause<V>, matched: V[]): void {
    const { left, none, track, words } = clause;
    const post = this.#post;
    if (track !== ALONE && this.#tracks.seenIn[track] === post.number) return;
    // Most clauses have one word, which has led here.
    const isSure = left === 0 && none === undefined;
    if (!isSure && !this.#words.holds(words, left, post.words.seenIn, post.number)) return;
    if (!this.#hasPhrases(clause)) return;
    if (track !== ALONE) this.#tracks.seenIn[track] = post.number;
    matched.push(clause.value);
  }

  /** Whether the post has all phrases of a clause and none of its excluded phrases. */
  #hasPhrases({ phrases, noPhrases }: IndexedClause<V>): boolean {
    const post = this.#post;
    if (phrases !== undefined && !phrases.every((phrase) => post.stands(phrase))) return false;
    return noPhrases === undefined || !noPhrases.some((phrase) => post.stands(phrase));
  }

  #place(value: V, track: number, { all, none }: Clause): IndexedClause<V> {
    const path = [...new Set(all.flat())]
      .map((word) => this.#mention(word))
      .sort((a, b) => a.mentions - b.mentions || b.word.length - a.word.length);
    const phrases = all.filter((term) => term.length > 1);
    const excluded = none.map((term) => this.#spell(term));
    const single = excluded.filter((term) => term.length === 1).flat();
    const noPhrases = excluded.filter((term) => term.length > 1);
    const clause: IndexedClause<V> = {
      value,
      track,
      path,
      left: 0,
      words: this.#words.add(path.map(idOf), single.map(idOf)),
      phrases: phrases.length === 0 ? undefined : phrases.map((term) => this.#spell(term)),
      noPhrases: noPhrases.length === 0 ? undefined : noPhrases,
      none: excluded.length === 0 ? undefined : excluded,
      place: 0,
    };
    insert(clause);
    return clause;
  }

  #remove(clause: IndexedClause<V>): void {
    removeFrom(clause.path[0] as TopWord<V>, clause, 1);
    this.#words.delete(clause.words);
    for (const word of clause.path) this.#forget(word);
    for (const phrase of [...(clause.phrases ?? []), ...(clause.none ?? [])]) {
      for (const word of phrase) this.#forget(word as TopWord<V>);
    }
  }

  #spell(term: Term): Phrase {
    return term.map((word) => this.#mention(word));
  }

  #mention(word: Word): TopWord<V> {
    let known = this.#known.get(word);
    if (known === undefined) {
      known = {
        word,
        hasSigns: hasSigns(word),
        id: this.#post.words.take(),
        mentions: 0,
        seenIn: 0,
        firstAt: 0,
        clauses: [],
        next: undefined,
      };
      this.#known.set(word, known);
      this.#filter.add(word, this.#known);
    }
    known.mentions += 1;
    return known;
  }

  #forget(known: TopWord<V>): void {
    known.mentions -= 1;
    if (known.mentions > 0) return;
    this.#known.delete(known.word);
    this.#post.words.free(known.id);
    this.#filter.forgot(this.#known);
  }
}

function idOf({ id }: KnownWord): number {
  return id;
}
