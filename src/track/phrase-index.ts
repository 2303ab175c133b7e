// Finds phrases in a long text. It is built once in linear time, and then looks up any phrase in as many steps as the
// phrase has words. It is a suffix automaton (Blumer et al., "The smallest automaton recognizing the subwords of a text",
// 1985): the paths from its first state spell all parts of the text.

const NONE = -1;
const FIRST = 0;
/** A text of n symbols makes fewer than 2n states and 3n edges (the same paper). */
const STATES_PER_SYMBOL = 2;
/** Keeps the table of edges at most three quarters full. */
const SLOTS_PER_SYMBOL = 4;

export class PhraseIndex {
  /** Symbols are whole numbers below this. */
  readonly #alphabet: number;
  /** By state: the length of its longest path, its suffix link, and its newest edge. */
  readonly #length: Int32Array;
  readonly #link: Int32Array;
  readonly #newest: Int32Array;
  #states = 1;
  /** Edges, in an open-addressing hash table: from which state by which symbol, to where, and the state's edge before. */
  readonly #keys: Float64Array;
  readonly #targets: Int32Array;
  readonly #before: Int32Array;

  /** `text` gives each word by its first place. All places are below `alphabet`. */
  constructor(text: readonly number[], alphabet: number) {
    const states = STATES_PER_SYMBOL * text.length + 1;
    const slots = 2 ** Math.ceil(Math.log2(SLOTS_PER_SYMBOL * text.length + 1));
    this.#alphabet = alphabet;
    this.#length = new Int32Array(states);
    this.#link = new Int32Array(states).fill(NONE);
    this.#newest = new Int32Array(states).fill(NONE);
    this.#keys = new Float64Array(slots).fill(NONE);
    this.#targets = new Int32Array(slots);
    this.#before = new Int32Array(slots);
    let last = FIRST;
    for (const symbol of text) last = this.#extend(last, symbol);
  }

  /** Whether these words stand together in the text. Each is given by its first place. */
  has(phrase: readonly number[]): boolean {
    let state = FIRST;
    for (const symbol of phrase) {
      const slot = this.#slotOf(state, symbol);
      if (this.#keys[slot] === NONE) return false;
      state = this.#targets[slot] as number;
    }
    return true;
  }

  #extend(last: number, symbol: number): number {
    const added = this.#addState((this.#length[last] as number) + 1);
    let state = last;
    let slot = this.#slotOf(state, symbol);
    while (this.#keys[slot] === NONE) {
      this.#addEdge(slot, state, symbol, added);
      state = this.#link[state] as number;
      if (state === NONE) {
        this.#link[added] = FIRST;
        return added;
      }
      slot = this.#slotOf(state, symbol);
    }
    const target = this.#targets[slot] as number;
    const isDirect = this.#length[target] === (this.#length[state] as number) + 1;
    this.#link[added] = isDirect ? target : this.#split(state, symbol, target);
    return added;
  }

  /** Separates the paths of `target` that lead through `from` from its longer paths, which now differ in meaning. */
  #split(from: number, symbol: number, target: number): number {
    const shorter = this.#addState((this.#length[from] as number) + 1);
    this.#link[shorter] = this.#link[target] as number;
    this.#link[target] = shorter;
    for (let edge = this.#newest[target] as number; edge !== NONE; ) {
      const way = (this.#keys[edge] as number) - target * this.#alphabet;
      this.#addEdge(this.#slotOf(shorter, way), shorter, way, this.#targets[edge] as number);
      edge = this.#before[edge] as number;
    }
    for (let state = from; state !== NONE; state = this.#link[state] as number) {
      const slot = this.#slotOf(state, symbol);
      if (this.#targets[slot] !== target) break;
      this.#targets[slot] = shorter;
    }
    return shorter;
  }

  #addState(length: number): number {
    this.#length[this.#states] = length;
    return this.#states++;
  }

  #addEdge(slot: number, state: number, symbol: number, target: number): void {
    this.#keys[slot] = state * this.#alphabet + symbol;
    this.#targets[slot] = target;
    this.#before[slot] = this.#newest[state] as number;
    this.#newest[state] = slot;
  }

  /** Where the edge from `state` by `symbol` is in the table, or the free slot where it would be. */
  #slotOf(state: number, symbol: number): number {
    const key = state * this.#alphabet + symbol;
    const mask = this.#keys.length - 1;
    const hash = Math.imul(Math.imul(state, 0x9e3779b1) ^ symbol, 0x85ebca6b);
    let slot = (hash ^ (hash >>> 15)) & mask;
    for (;;) {
      const found = this.#keys[slot];
      if (found === key || found === NONE) return slot;
      slot = (slot + 1) & mask;
    }
  }
}
