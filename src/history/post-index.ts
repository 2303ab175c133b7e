// Finds the keys of what is kept of a post. A hash table of plain numbers, since each kept event has a place in it.

import { withRoomFor } from '../base/numbers.ts';
import type { PostKey } from '../base/post.ts';

/** No key. */
export const NONE = 0xffff_ffff;
const SMALLEST = 1024;
/** Drawn at random, so that no client can make posts collide. */
const SEED = Math.floor(Math.random() * 2 ** 32);
/** The prime of the hash FNV-1a. */
const PRIME = 0x0100_0193;

/** What is known of a key: the hash of its post, and the next older key of the same list. */
const ROW = 2;
const HASH = 0;
const OLDER = 1;

export class PostIndex {
  /** By hash. */
  #newest = new Uint32Array(SMALLEST).fill(NONE);
  #rows = new Uint32Array(SMALLEST * ROW);
  #size = 0;

  /** Adds the key of a post with this hash. */
  add(key: number, hash: number): void {
    if (this.#size === this.#newest.length) this.#grow();
    this.#size += 1;
    this.#rows = withRoomFor(this.#rows, (key + 1) * ROW);
    this.#rows[key * ROW + HASH] = hash;
    this.#link(key);
  }

  delete(key: number): void {
    this.#size -= 1;
    const after = this.#olderOf(key);
    const at = this.#placeOf(key);
    let newer = this.#newest[at] as number;
    if (newer === key) {
      this.#newest[at] = after;
      return;
    }
    while (this.#olderOf(newer) !== key) newer = this.#olderOf(newer);
    this.#rows[newer * ROW + OLDER] = after;
  }

  /** The newest key of a post with this hash, or NONE. */
  find(hash: number): number {
    return this.#sameHash(hash, this.#newest[hash & (this.#newest.length - 1)] as number);
  }

  /** The next older key of a post with the same hash, or NONE. */
  olderThan(key: number): number {
    return this.#sameHash(this.#hashAt(key), this.#olderOf(key));
  }

  #sameHash(hash: number, newest: number): number {
    let key = newest;
    while (key !== NONE && this.#hashAt(key) !== hash) key = this.#olderOf(key);
    return key;
  }

  #hashAt(key: number): number {
    return this.#rows[key * ROW + HASH] as number;
  }

  #olderOf(key: number): number {
    return this.#rows[key * ROW + OLDER] as number;
  }

  #placeOf(key: number): number {
    return this.#hashAt(key) & (this.#newest.length - 1);
  }

  #link(key: number): void {
    const at = this.#placeOf(key);
    this.#rows[key * ROW + OLDER] = this.#newest[at] as number;
    this.#newest[at] = key;
  }

  #grow(): void {
    const lists = this.#newest;
    this.#newest = new Uint32Array(2 * lists.length).fill(NONE);
    const keys: number[] = [];
    for (const newest of lists) {
      for (let key = newest; key !== NONE; key = this.#olderOf(key)) keys.push(key);
    }
    // Oldest first, so that each list stays in order.
    for (const key of keys.reverse()) this.#link(key);
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
