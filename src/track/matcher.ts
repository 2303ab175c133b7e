// The matcher: which of the active tracks a post matches, found by its words and not by asking each track.
//
// Every clause lies in a trie, on the path of the words it needs, the rarest first, only as far along as it
// has company. A post visits only paths that its own words spell, so its cost goes with its words and the
// tracks it finds. Even a post with all words there are visits each clause once.

import { ClauseWords } from './clause-words.ts';
import { type KnownWord, type Phrase, PostWords } from './post-words.ts';
import { SeenNumbers } from './seen-numbers.ts';
import type { Clause, Term, Track } from './track.ts';
import { WordFilter } from './word-filter.ts';
import type { Word } from './words.ts';

/** A word that some active track mentions is the top of the trie for the clauses that need it first. */
interface TopWord<V> extends KnownWord, Node<V> {
  /** How many times tracks mention it; at none it is forgotten. */
  mentions: number;
}

interface Node<V> {
  /** Clauses all of whose words lie on the way here, and the first MOST_WAITING that need several more. */
  clauses: IndexedClause<V>[];
  /** The others, by the word they need next: alone there, or the node where they part. */
  next: Map<TopWord<V>, Node<V> | IndexedClause<V>> | undefined;
}

interface IndexedClause<V> {
  readonly value: V;
  /** The number of its track, of which no other clause must match again; ALONE where there is none. */
  readonly track: number;
  /** The way from the top, kept because the order it was chosen by changes over time. */
  readonly path: readonly TopWord<V>[];
  /** How many words at its end do not lead to where the clause lies. */
  left: number;
  /** Its words in `ClauseWords`: all of the path, and single ones that must not be there. */
  readonly words: number;
  /** What presence alone does not tell: words that have to stand together… */
  readonly phrases: readonly Phrase[] | undefined;
  /** …and those that must not. */
  readonly noPhrases: readonly Phrase[] | undefined;
  /** All terms that must not be there. */
  readonly none: readonly Phrase[] | undefined;
  /** Its place among the clauses of its node. */
  place: number;
  /** It is no node. */
  readonly clauses?: undefined;
}

const ALONE = -1;

/** A few long clauses are checked faster in a row than along paths of their own, which few of them share. */
const MOST_WAITING = 64;

/** Active tracks, each with a value of the caller's own. Cost of a change: the words of its track. */
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

  /** Words of the last post that were compared to find phrases. */
  get steps(): number {
    return this.#post.steps;
  }

  /** Makes `track` active. One that already is, by its canonical form, keeps its value. */
  add(track: Track, value: V): void {
    if (this.#active.has(track.canonical)) return;
    const number = track.clauses.length > 1 ? this.#tracks.take() : ALONE;
    const clauses = track.clauses.map((clause) => this.#place(value, number, clause));
    this.#active.set(track.canonical, clauses);
  }

  /** Undoes `add`; a track that is not active is left alone. */
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
    // Most clauses have one word, and lie where it leads.
    const isSure = left === 0 && none === undefined;
    if (!isSure && !this.#words.holds(words, left, post.words.seenIn, post.number)) return;
    if (!this.#stands(clause)) return;
    if (track !== ALONE) this.#tracks.seenIn[track] = post.number;
    matched.push(clause.value);
  }

  /** Whether the phrases of a clause stand in the post, and none of those that must not. */
  #stands({ phrases, noPhrases }: IndexedClause<V>): boolean {
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

/** Takes a clause as far along its path as others go, and one word further. */
function insert<V>(clause: IndexedClause<V>): void {
  const [top, ...below] = clause.path;
  if (top === undefined) throw new Error('matcher: a clause without words');
  let node: Node<V> = top;
  for (const [at, word] of below.entries()) {
    if (below.length - at > 1 && node.clauses.length < MOST_WAITING) {
      clause.left = below.length - at;
      settle(node, clause);
      return;
    }
    node.next ??= new Map();
    const child = node.next.get(word);
    if (child === undefined) {
      node.next.set(word, clause);
      clause.left = below.length - at - 1;
      return;
    }
    node = child.clauses === undefined ? part(node.next, word, child) : child;
  }
  clause.left = 0;
  settle(node, clause);
}

/** Puts a node in the place of a clause that is alone no more. */
function part<V>(
  children: Map<TopWord<V>, Node<V> | IndexedClause<V>>,
  word: TopWord<V>,
  clause: IndexedClause<V>,
): Node<V> {
  const node: Node<V> = { clauses: [], next: undefined };
  children.set(word, node);
  const next = clause.path[clause.path.length - clause.left];
  if (next === undefined) {
    settle(node, clause);
  } else {
    clause.left -= 1;
    node.next = new Map([[next, clause]]);
  }
  return node;
}

function idOf({ id }: KnownWord): number {
  return id;
}

function settle<V>(node: Node<V>, clause: IndexedClause<V>): void {
  clause.place = node.clauses.length;
  // Most nodes have one clause: a list made with it has room for no more, where one that grows has it for 17.
  if (node.clauses.length === 0) node.clauses = [clause];
  else node.clauses.push(clause);
}

/** Takes a clause out of the trie below `node`, where it needs `depth` words fewer, and cuts off what is empty then. */
function removeFrom<V>(node: Node<V>, clause: IndexedClause<V>, depth: number): void {
  if (node.clauses[clause.place] === clause) {
    const last = node.clauses.pop();
    if (last !== undefined && last !== clause) {
      node.clauses[clause.place] = last;
      last.place = clause.place;
    }
    return;
  }
  const word = clause.path[depth];
  const child = word && node.next?.get(word);
  if (word === undefined || child === undefined)
    throw new Error('matcher: lost the way to a clause');
  if (child.clauses !== undefined) {
    removeFrom(child, clause, depth + 1);
    if (child.clauses.length > 0 || child.next !== undefined) return;
  }
  node.next?.delete(word);
  if (node.next?.size === 0) node.next = undefined;
}
