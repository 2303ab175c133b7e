// Finds the keys of what is kept of a post. A hash table of plain numbers, since each kept event has a place in it.

import { withRoomFor } from '../base/numbers.ts';
import type { PostKey } from '../base/post.ts';

/** No key. */
export const NONE = 0xffff_ffff;
const SMALLEST = 1024;
/** Drawn at random, so that nobody can know which posts collide. */
const SEED = Math.floor(Math.random() * 2 ** 32);
/** The prime of the hash FNV-1a. */
const PRIME = 0x0100_0193;

export class PostIndex {
  /** By hash: the newest key, and by key: the next older one. */
  #newest = new Uint32Array(SMALLEST).fill(NONE);
  #older = new Uint32Array(SMALLEST);
  /** By key. */
  #hashes = new Uint32Array(SMALLEST);
  #size = 0;

  add(key: number, post: PostKey): void {
    if (this.#size === this.#newest.length) this.#grow();
    this.#size += 1;
    this.#hashes = withRoomFor(this.#hashes, key);
    this.#older = withRoomFor(this.#older, key);
    this.#hashes[key] = hashOf(post);
    this.#link(key);
  }

  delete(key: number): void {
    this.#size -= 1;
    const after = this.#older[key] as number;
    const at = this.#placeOf(key);
    let newer = this.#newest[at] as number;
    if (newer === key) {
      this.#newest[at] = after;
      return;
    }
    while (this.#older[newer] !== key) newer = this.#older[newer] as number;
    this.#older[newer] = after;
  }

  /** The newest key that may be of this post, or NONE. */
  find(post: PostKey): number {
    const hash = hashOf(post);
    return this.#sameHash(hash, this.#newest[hash & (this.#newest.length - 1)] as number);
  }

  /** The next older key that may be of the same post as `key`, or NONE. */
  olderThan(key: number): number {
    return this.#sameHash(this.#hashes[key] as number, this.#older[key] as number);
  }

  #sameHash(hash: number, newest: number): number {
    let key = newest;
    while (key !== NONE && this.#hashes[key] !== hash) key = this.#older[key] as number;
    return key;
  }

  #placeOf(key: number): number {
    return (this.#hashes[key] as number) & (this.#newest.length - 1);
  }

  #link(key: number): void {
    const at = this.#placeOf(key);
    this.#older[key] = this.#newest[at] as number;
    this.#newest[at] = key;
  }

  #grow(): void {
    const lists = this.#newest;
    this.#newest = new Uint32Array(2 * lists.length).fill(NONE);
    const keys: number[] = [];
    for (const newest of lists) {
      for (let key = newest; key !== NONE; key = this.#older[key] as number) keys.push(key);
    }
    // Oldest first, so that each list stays in order.
    for (const key of keys.reverse()) this.#link(key);
  }
}

function hashOf({ source, id }: PostKey): number {
  return mix(mix(SEED, source), id);
}

function mix(hash: number, text: string): number {
  let mixed = hash;
  for (let i = 0; i < text.length; i += 1) {
    mixed = Math.imul(mixed ^ text.charCodeAt(i), PRIME);
  }
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
