// The trie of clauses. Each clause lies on the path of the words it needs, the rarest first, only as far along as other
// clauses share it.

import type { KnownWord, Phrase } from './post-words.ts';

/** A word that some active track mentions. It is the top of the trie for clauses that need it first. */
export interface TopWord<V> extends KnownWord, Node<V> {
  /** How many times tracks mention it; at 0 the matcher forgets it. */
  mentions: number;
}

export interface Node<V> {
  /** Clauses whose words all lie on the way here, and the first MAX_WAITING clauses that need several more. */
  clauses: IndexedClause<V>[];
  /** The other clauses, by the word they need next: one that is alone there, or the node where several part. */
  next: Map<TopWord<V>, Node<V> | IndexedClause<V>> | undefined;
}

export interface IndexedClause<V> {
  readonly value: V;
  /** The number of its track, which must match a post only once; ALONE for a track of one clause. */
  readonly track: number;
  /** The way from the top. It is kept, because the frequencies that chose it change over time. */
  readonly path: readonly TopWord<V>[];
  /** How many words at the end of the path lie beyond the clause's node. */
  left: number;
  /** Its place in `ClauseWords`: the words of the path, and single excluded words. */
  readonly words: number;
  /** Words that must stand together. */
  readonly phrases: readonly Phrase[] | undefined;
  /** Words that must not stand together. */
  readonly noPhrases: readonly Phrase[] | undefined;
  /** All excluded terms. */
  readonly none: readonly Phrase[] | undefined;
  /** Its place among the clauses of its node. */
  place: number;
  /** Tells a clause from a node. */
  readonly clauses?: undefined;
}

export const ALONE = -1;

/** A few long clauses are checked faster in a row than along paths that few of them share. */
const MAX_WAITING = 64;

/** Places a clause one word beyond the part of its path that it shares with others. */
export function insert<V>(clause: IndexedClause<V>): void {
  const [top, ...below] = clause.path;
  if (top === undefined) throw new Error('matcher: a clause without words');
  let node: Node<V> = top;
  for (const [at, word] of below.entries()) {
    if (below.length - at > 1 && node.clauses.length < MAX_WAITING) {
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

/** Replaces a clause that was alone by a node with that clause in it. */
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

function settle<V>(node: Node<V>, clause: IndexedClause<V>): void {
  clause.place = node.clauses.length;
  // Most nodes have one clause. A list made with it takes no more memory; one that grows takes room for 17.
  if (node.clauses.length === 0) node.clauses = [clause];
  else node.clauses.push(clause);
}

/** Removes a clause from the trie below `node`, which lies `depth` words along its path, and every node left empty. */
export function removeFrom<V>(node: Node<V>, clause: IndexedClause<V>, depth: number): void {
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
  if (word === undefined || child === undefined) throw new Error('matcher: no such clause');
  if (child.clauses !== undefined) {
    removeFrom(child, clause, depth + 1);
    if (child.clauses.length > 0 || child.next !== undefined) return;
  }
  node.next?.delete(word);
  if (node.next?.size === 0) node.next = undefined;
}
