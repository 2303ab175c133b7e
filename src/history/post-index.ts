// Finds entries by their posts. A hash table of plain numbers, since each kept event has a place in it.

import { withRoomFor } from '../base/numbers.ts';
import type { PostKey } from '../base/post.ts';

const FEWEST_PLACES = 64;
/** Drawn at random, so that no client can make posts collide. */
const SEED = Math.floor(Math.random() * 2 ** 32);
/** The prime of the hash FNV-1a. */
const PRIME = 0x0100_0193;

export class PostIndex {
  /** How many were added. They have the numbers from 0 on. */
  size = 0;
  /** By number. */
  #hashes = new Uint32Array(FEWEST_PLACES);
  /** Numbers, plus one, at places that their hashes lead to. A free place has 0. Half of them stay free. */
  #places = new Uint32Array(2 * FEWEST_PLACES);

  /** Adds the next number. Nothing can be found by a hash of `undefined`. */
  add(hash: number | undefined): void {
    const number = this.size;
    this.size += 1;
    this.#hashes = withRoomFor(this.#hashes, number);
    if (hash === undefined) return;
    this.#hashes[number] = hash;
    if (2 * number >= this.#places.length) this.#grow();
    this.#put(number);
  }

  /** The numbers that were added with this hash. */
  *find(hash: number): Generator<number> {
    const places = this.#places;
    const mask = places.length - 1;
    for (let at = hash & mask; places[at] !== 0; at = (at + 1) & mask) {
      const number = (places[at] as number) - 1;
      if (this.#hashes[number] === hash) yield number;
    }
  }

  #put(number: number): void {
    const places = this.#places;
    const mask = places.length - 1;
    let at = (this.#hashes[number] as number) & mask;
    while (places[at] !== 0) at = (at + 1) & mask;
    places[at] = number + 1;
  }

  #grow(): void {
    const before = this.#places;
    this.#places = new Uint32Array(2 * before.length);
    for (const place of before) if (place !== 0) this.#put(place - 1);
  }
}

export function hashOf({ source, id }: PostKey): number {
  return mix(mix(SEED, source), id);
}

function mix(hash: number, text: string): number {
  let mixed = hash;
  for (let i = 0; i < text.length; i += 1) {
    mixed = Math.imul(mixed ^ text.charCodeAt(i), PRIME);
  }
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
