// Holds an honest client's messages against what its track should get: each once, in order, none missing
// but those that it was told of.

import { numberOf, type Sample } from './expected.ts';

/** What of a message matters here: a GraphQL result, or what /track sends. */
export interface Message {
  readonly data?: { readonly sentiment: { readonly post: { readonly id: string } } } | null;
  readonly extensions?: { readonly dropped?: number };
}

/** How far the newest post that anybody saw may be from the one that another client sees, in posts. */
const SLACK = 3000;

export class Ledger {
  readonly #query: string;
  readonly #sample: () => Sample | undefined;
  readonly #newest: { n: number };
  /** Where it can be, among the posts of its track. On /track, which tells no ids, many places at first. */
  #places: number[] | undefined;
  received = 0;
  dropped = 0;
  problem: string | undefined;

  constructor(query: string, sample: () => Sample | undefined, newest: { n: number }) {
    this.#query = query;
    this.#sample = sample;
    this.#newest = newest;
  }

  /** A message as it came over graphql-ws or SSE. */
  enterResult(payload: Message): void {
    const n = numberOf(payload.data?.sentiment.post.id ?? '');
    const sample = this.#sample();
    this.received += 1;
    if (!sample || !this.#isNumber(n, payload)) return;
    const place = sample.placeOf(this.#query, n);
    const { dropped = 0 } = payload.extensions ?? {};
    this.dropped += dropped;
    const expected = this.#places?.[0];
    if (sample.at(this.#query, place) !== n) {
      this.problem ??= `post ${n} does not match ${this.#query}`;
    } else if (expected !== undefined && place !== expected + dropped) {
      this.problem ??= `place ${place} of ${this.#query} in place of ${expected}, told of ${dropped} dropped`;
    }
    this.#places = [place + 1];
    this.#newest.n = Math.max(this.#newest.n, n);
  }

  /** A message as it came over /track. */
  enterTrack(text: string): void {
    const sample = this.#sample();
    this.received += 1;
    if (!sample || this.problem !== undefined) return;
    this.#places ??= this.#around(sample);
    this.#places = this.#places
      .filter((place) => sample.onTrack(sample.at(this.#query, place)) === text)
      .map((place) => place + 1);
    if (this.#places.length === 0) {
      this.problem = `message ${this.received} of ${this.#query} on /track is not the next: ${text}`;
    }
  }

  #isNumber(n: number, payload: Message): boolean {
    if (Number.isNaN(n)) this.problem ??= `no event: ${JSON.stringify(payload)}`;
    return !Number.isNaN(n);
  }

  #around(sample: Sample): number[] {
    const first = sample.placeOf(this.#query, Math.max(0, this.#newest.n - SLACK));
    const last = sample.placeOf(this.#query, this.#newest.n + SLACK);
    return Array.from({ length: last - first }, (_, i) => first + i);
  }
}
