// The trie of clauses. Each clause lies on the path of the words it needs, the rarest first, only as far along as a list
// would become long. Lists are numbers side by side, because a post that matches many clauses would mostly wait for
// memory: the loop over a list reads nothing else for most clauses.

import { Blocks } from '../base/blocks.ts';
import { withRoomFor } from '../base/numbers.ts';
import { ClauseWords, type Needs } from './clause-words.ts';
import type { KnownWords } from './known-words.ts';
import { NumberSet } from './number-set.ts';
import type { PostWords } from './post-words.ts';

export interface IndexedClause {
  /** The words it needs, as it was inserted: the frequencies that chose their order change over time. */
  readonly path: readonly number[];
  /** Each word as often as it is mentioned. */
  readonly mentioned: readonly number[];
  /** The place of its other needs in `ClauseWords`, or NOTHING. */
  readonly rest: number;
  readonly list: number;
  /** The index of its entry in the list. */
  index: number;
}

/** The number of a track of one clause. Only tracks of several could match a post more than once. */
export const ALONE = -1;
const NOTHING = -1;

/**
 * A node has the number of its word, or one of its own if it lies further down. It has two lists, of clauses whose words
 * all lie on the way here and of clauses that need more. Then comes how many nodes lie below it.
 */
const NODE = 8;
const HERE = 0;
const FURTHER = 3;
const BELOW = 6;
/** A list begins with the place of its block. Then come how many entries it has, and for how many it has room. */
const COUNT = 1;
const ROOM = 2;
/** An entry: a word that the clause needs, one that it excludes, its track, and where its other needs are. */
const ENTRY = 4;

/** A few clauses are checked faster in a row than along paths that few of them share. */
const MAX_FURTHER = 64;

/** Clauses, each with a value of the caller's. */
export class ClauseTrie<V> {
  readonly #post: PostWords;
  readonly #known: KnownWords;
  /** Numbers for tracks of several clauses, and those that have matched the post. */
  readonly tracks = new NumberSet();
  readonly #rests = new ClauseWords();
  #nodes = new Int32Array(NODE);
  readonly #below = new Map<number, Map<number, number>>();
  readonly #lists = new Blocks();
  /** By entry. */
  readonly #values: (V | undefined)[] = [];
  readonly #clauses: (IndexedClause | undefined)[] = [];

  constructor(known: KnownWords, post: PostWords) {
    this.#known = known;
    this.#post = post;
  }

  /** The values of the clauses that the post matches, each track once. */
  match(): V[] {
    const matched: V[] = [];
    const { numbers: words } = this.#known;
    this.tracks.clear();
    for (let i = 0; i < words.size; i++) this.#visit(words.members[i] as number, matched);
    return matched;
  }

  #visit(node: number, matched: V[]): void {
    const nodes = this.#nodes;
    const at = node * NODE;
    // A word that clauses only exclude may have no node.
    if (at >= nodes.length) return;
    this.#collect(at + HERE, matched);
    this.#collect(at + FURTHER, matched);
    if ((nodes[at + BELOW] as number) > 0) this.#descend(node, matched);
  }

  #collect(list: number, matched: V[]): void {
    const { cells } = this.#lists;
    const { numbers: words } = this.#known;
    const from = this.#nodes[list] as number;
    const to = from + ENTRY * (this.#nodes[list + COUNT] as number);
    for (let at = from; at < to; at += ENTRY) {
      if (!words.has(cells[at] as number) || words.has(cells[at + 1] as number)) continue;
      const track = cells[at + 2] as number;
      if (track !== ALONE && this.tracks.has(track)) continue;
      const rest = cells[at + 3] as number;
      if (rest !== NOTHING && !this.#rests.holds(rest, this.#post)) continue;
      if (track !== ALONE) this.tracks.add(track);
      matched.push(this.#values[at / ENTRY] as V);
    }
  }

  #descend(node: number, matched: V[]): void {
    const { numbers: words } = this.#known;
    const below = this.#below.get(node) as Map<number, number>;
    if (below.size < words.size) {
      for (const [word, child] of below) if (words.has(word)) this.#visit(child, matched);
      return;
    }
    for (let i = 0; i < words.size; i++) {
      const child = below.get(words.members[i] as number);
      if (child !== undefined) this.#visit(child, matched);
    }
  }

  /** Adds a clause of the track with this number, or ALONE. Its words are in order, the rarest first. */
  insert(needs: Needs, track: number, value: V): IndexedClause {
    const { words: path, excluded, phrases, noPhrases } = needs;
    const [top, ...further] = path;
    if (top === undefined) throw new Error('matcher: a clause without words');
    let node = top;
    this.#make(node);
    while (further.length > 0 && this.#isFull(node)) {
      node = this.#next(node, further.shift() as number);
    }
    const [needed = top, ...words] = further;
    const [without = this.#known.never, ...others] = excluded;
    const isMore = words.length + others.length + phrases.length + noPhrases.length > 0;
    const more = [...excluded, ...phrases.flat(), ...noPhrases.flat()];
    const clause = {
      path,
      // Most clauses have one word, and a second list of it would take memory.
      mentioned: more.length === 0 ? path : [...path, ...more],
      rest: isMore ? this.#rests.add({ words, excluded: others, phrases, noPhrases }) : NOTHING,
      list: node * NODE + (further.length === 0 ? HERE : FURTHER),
      index: 0,
    };
    this.#append(clause, value, [needed, without, track, clause.rest]);
    return clause;
  }

  remove(clause: IndexedClause): void {
    const { list, index, path, rest } = clause;
    if (rest !== NOTHING) this.#rests.delete(rest);
    const first = (this.#nodes[list] as number) / ENTRY;
    const last = (this.#nodes[list + COUNT] as number) - 1;
    this.#nodes[list + COUNT] = last;
    this.#move(first + last, first + index);
    (this.#clauses[first + index] as IndexedClause).index = index;
    this.#release(first + last, 1);
    const room = this.#nodes[list + ROOM] as number;
    if (4 * last <= room) this.#resize(list, last === 0 ? 0 : room / 2);
    if (last === 0) this.#prune(path[0] as number, path, 1);
  }

  #isFull(node: number): boolean {
    return (this.#nodes[node * NODE + FURTHER + COUNT] as number) >= MAX_FURTHER;
  }

  /** Makes room for a node. A node that was never used, or is not used any more, is empty. */
  #make(node: number): void {
    this.#nodes = withRoomFor(this.#nodes, (node + 1) * NODE);
  }

  /** The node below `node` for clauses that need `word` next. */
  #next(node: number, word: number): number {
    const below = this.#below.get(node) ?? new Map<number, number>();
    const found = below.get(word);
    if (found !== undefined) return found;
    const made = this.#known.numbers.take();
    this.#make(made);
    this.#below.set(node, below.set(word, made));
    this.#nodes[node * NODE + BELOW] = below.size;
    return made;
  }

  /** Removes the nodes along `path` that are empty. `node` lies `depth` words along it. */
  #prune(node: number, path: readonly number[], depth: number): void {
    const below = this.#below.get(node);
    const word = path[depth];
    const child = word === undefined ? undefined : below?.get(word);
    if (below === undefined || word === undefined || child === undefined) return;
    this.#prune(child, path, depth + 1);
    const at = child * NODE;
    if (this.#nodes[at + HERE + COUNT] || this.#nodes[at + FURTHER + COUNT]) return;
    if (this.#below.has(child)) return;
    this.#known.numbers.free(child);
    below.delete(word);
    if (below.size === 0) this.#below.delete(node);
    this.#nodes[node * NODE + BELOW] = below.size;
  }

  #append(clause: IndexedClause, value: V, entry: readonly number[]): void {
    const { list } = clause;
    const count = this.#nodes[list + COUNT] as number;
    const room = this.#nodes[list + ROOM] as number;
    if (count === room) this.#resize(list, Math.max(1, 2 * room));
    const at = (this.#nodes[list] as number) + count * ENTRY;
    this.#lists.cells.set(entry, at);
    this.#values[at / ENTRY] = value;
    this.#clauses[at / ENTRY] = clause;
    clause.index = count;
    this.#nodes[list + COUNT] = count + 1;
  }

  /** Moves a list to where it has room for so many entries. */
  #resize(list: number, room: number): void {
    const nodes = this.#nodes;
    const before = nodes[list + ROOM] as number;
    const from = nodes[list] as number;
    const to = room === 0 ? 0 : this.#lists.take(room * ENTRY);
    this.#values.length = this.#clauses.length = this.#lists.cells.length / ENTRY;
    const count = nodes[list + COUNT] as number;
    for (let i = 0; i < count; i++) this.#move(from / ENTRY + i, to / ENTRY + i);
    this.#release(from / ENTRY, count);
    this.#lists.free(from, before * ENTRY);
    nodes[list] = to;
    nodes[list + ROOM] = room;
  }

  #move(from: number, to: number): void {
    this.#lists.cells.copyWithin(to * ENTRY, from * ENTRY, (from + 1) * ENTRY);
    this.#values[to] = this.#values[from];
    this.#clauses[to] = this.#clauses[from];
  }

  /** Lets go of what entries stood for. */
  #release(first: number, count: number): void {
    this.#values.fill(undefined, first, first + count);
    this.#clauses.fill(undefined, first, first + count);
  }
}
