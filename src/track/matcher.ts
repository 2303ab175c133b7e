// The matcher: finds which of the active tracks a post matches.
//
// A post visits only the paths of the trie that its own words spell, so its cost depends on its words and on the tracks
// it matches, not on the number of tracks. Even a post with every word visits each clause only once.

import { ALONE, ClauseTrie, type IndexedClause } from './clause-trie.ts';
import { KnownWords } from './known-words.ts';
import { PostWords } from './post-words.ts';
import type { Term } from './query-term.ts';
import type { Clause, Track } from './track.ts';
import type { Word } from './word.ts';

interface ActiveTrack {
  readonly number: number;
  readonly clauses: readonly IndexedClause[];
}

/** Active tracks, each with a value of the caller's. A change costs as much as its track has words. */
export class Matcher<V> {
  readonly #active = new Map<string, ActiveTrack>();
  readonly #known = new KnownWords();
  readonly #post = new PostWords(this.#known);
  readonly #trie = new ClauseTrie<V>(this.#known, this.#post);

  /** How many tracks are active. */
  get size(): number {
    return this.#active.size;
  }

  /** Words of the last post that were compared to find phrases. */
  get steps(): number {
    return this.#post.steps;
  }

  /** Makes `track` active. A track that is active already, by its canonical form, keeps its value. */
  add({ canonical, clauses }: Track, value: V): void {
    if (this.#active.has(canonical)) return;
    const number = clauses.length > 1 ? this.#trie.tracks.take() : ALONE;
    const indexed = clauses.map((clause) => this.#insert(clause, number, value));
    this.#active.set(canonical, { number, clauses: indexed });
  }

  /** Undoes `add`, if the track is active. */
  delete({ canonical }: Track): void {
    const active = this.#active.get(canonical);
    if (active === undefined) return;
    for (const clause of active.clauses) {
      this.#trie.remove(clause);
      for (const word of clause.mentioned) this.#known.forget(word);
    }
    if (active.number !== ALONE) this.#trie.tracks.free(active.number);
    this.#active.delete(canonical);
  }

  /** The values of the active tracks that match a post of these words, each once, in no order. */
  match(text: readonly Word[]): V[] {
    this.#post.read(text);
    return this.#trie.match();
  }

  #insert({ all, none }: Clause, track: number, value: V): IndexedClause {
    const known = this.#known;
    const spell = (words: readonly Word[]) => words.map((word) => known.mention(word));
    const path = spell([...new Set(all.flat())]).sort((a, b) => known.compare(a, b));
    const phrases = all.filter(isPhrase).map(spell);
    const excluded = none.filter((term) => !isPhrase(term)).flatMap(spell);
    const noPhrases = none.filter(isPhrase).map(spell);
    return this.#trie.insert({ words: path, excluded, phrases, noPhrases }, track, value);
  }
}

function isPhrase(term: Term): boolean {
  return term.length > 1;
}
