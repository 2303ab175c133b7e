// Compares the messages of an honest client with the events of its track. Each must come once and in order. Only events
// that the client was told of may be missing.

import { numberOf, type Sample } from './expected.ts';

/** The part of a GraphQL result that matters here. */
interface Message {
  readonly data?: { readonly sentiment: { readonly post: { readonly id: string } } } | null;
  readonly extensions?: { readonly dropped?: number };
}

/** How many posts may lie between the newest post of any client and the first one of another client. */
const SLACK = 3000;

export class Ledger {
  readonly #query: string;
  readonly #sample: Sample;
  readonly #newest: { n: number };
  /** The places that the next message may have among the posts of the track. /track sends no ids, so at first there are many. */
  #places: number[] | undefined;
  received = 0;
  dropped = 0;
  problem: string | undefined;

  constructor(query: string, sample: Sample, newest: { n: number }) {
    this.#query = query;
    this.#sample = sample;
    this.#newest = newest;
  }

  /** A message as it came over graphql-ws or SSE. */
  enterResult(payload: Message): void {
    const n = numberOf(payload.data?.sentiment.post.id ?? '');
    const sample = this.#sample;
    this.received += 1;
    if (!this.#isNumber(n, payload)) return;
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
    const sample = this.#sample;
    this.received += 1;
    if (this.problem !== undefined) return;
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
