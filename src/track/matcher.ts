// The matcher: which of the active tracks a post matches, found by its words and not by asking each track.

import type { Clause, Term, Track } from './track.ts';
import { plain, type Word } from './words.ts';

/**
 * Clauses are kept in a trie of the words they need, rarest first, so a post visits only clauses of
 * whose words it has a beginning. What words alone cannot tell (phrases, exclusions) is then checked.
 */
interface Node {
  /** Entries all of whose words lie on the way here. */
  readonly entries: Set<Entry>;
  readonly next: Map<Word, Node>;
}

interface Entry {
  readonly track: Track;
  readonly clause: Clause;
  /** The way from the root, kept because the order it was chosen by changes over time. */
  readonly path: readonly Word[];
}

export class Matcher {
  readonly #root = createNode();
  readonly #entries = new Map<string, Entry[]>();
  /** In how many clauses a word is needed: the guess at how common it is in posts. */
  readonly #uses = new Map<Word, number>();

  /** How many tracks are active. */
  get size(): number {
    return this.#entries.size;
  }

  /** Makes `track` active. The same track (by its canonical form) counts once. */
  add(track: Track): void {
    if (this.#entries.has(track.canonical)) return;
    const entries = track.clauses.map((clause) => this.#place(track, clause));
    this.#entries.set(track.canonical, entries);
  }

  /** Undoes `add`; a track that is not active is left alone. */
  delete(track: Track): void {
    for (const entry of this.#entries.get(track.canonical) ?? []) this.#remove(entry);
    this.#entries.delete(track.canonical);
  }

  /** The active tracks that match a post of these words, each once. */
  match(text: readonly Word[]): Set<Track> {
    const present = new Set<Word>();
    for (const word of text) {
      present.add(word);
      present.add(plain(word));
    }
    const matched = new Set<Track>();
    collect(this.#root, present, text, matched);
    return matched;
  }

  #place(track: Track, clause: Clause): Entry {
    const needed = [...new Set(clause.all.flat())];
    const uses = (word: Word) => this.#uses.get(word) ?? 0;
    const path = needed.sort((a, b) => uses(a) - uses(b) || b.length - a.length);
    let node = this.#root;
    for (const word of path) {
      this.#uses.set(word, uses(word) + 1);
      let next = node.next.get(word);
      if (next === undefined) {
        next = createNode();
        node.next.set(word, next);
      }
      node = next;
    }
    const entry = { track, clause, path };
    node.entries.add(entry);
    return entry;
  }

  #remove(entry: Entry): void {
    removeFrom(this.#root, entry, 0);
    for (const word of entry.path) {
      const uses = (this.#uses.get(word) ?? 0) - 1;
      if (uses > 0) this.#uses.set(word, uses);
      else this.#uses.delete(word);
    }
  }
}

function createNode(): Node {
  return { entries: new Set(), next: new Map() };
}

function removeFrom(node: Node, entry: Entry, depth: number): void {
  const word = entry.path[depth];
  if (word === undefined) {
    node.entries.delete(entry);
    return;
  }
  const next = node.next.get(word);
  if (next === undefined) throw new Error(`matcher: lost the way to "${entry.track.canonical}"`);
  removeFrom(next, entry, depth + 1);
  if (next.entries.size === 0 && next.next.size === 0) node.next.delete(word);
}

function collect(
  node: Node,
  present: ReadonlySet<Word>,
  text: readonly Word[],
  matched: Set<Track>,
): void {
  for (const { track, clause } of node.entries) {
    if (!matched.has(track) && holds(clause, text)) matched.add(track);
  }
  if (node.next.size < present.size) {
    for (const [word, next] of node.next) {
      if (present.has(word)) collect(next, present, text, matched);
    }
  } else {
    for (const word of present) {
      const next = node.next.get(word);
      if (next !== undefined) collect(next, present, text, matched);
    }
  }
}

/** Whether a clause, all of whose needed words are known to be in the text, is satisfied by it. */
function holds({ all, none }: Clause, text: readonly Word[]): boolean {
  return (
    all.every((term) => term.length === 1 || occurs(term, text)) &&
    !none.some((term) => occurs(term, text))
  );
}

function occurs(term: Term, text: readonly Word[]): boolean {
  for (let start = 0; start + term.length <= text.length; start++) {
    if (term.every((word, i) => text[start + i] === word || plain(text[start + i] ?? '') === word))
      return true;
  }
  return false;
}
