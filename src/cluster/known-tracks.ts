// What another node wants, as far as it has said. All nodes' tracks together have a bounded room.

import { hashOf } from '../track/word-filter.ts';

/** How many tracks may be known of one node, and of all; and how many characters those of all may have. */
export const ROOM = {
  tracksOfOne: 200_000,
  tracks: 1_000_000,
  characters: 64 * 1024 * 1024,
} as const;

/** What is taken of the room. */
export interface Taken {
  tracks: number;
  characters: number;
}

/** Tells sets of tracks apart, in whatever order they were added: the sum of their hashes. */
export function digestWith(digest: number, track: string): number {
  return (digest + hashOf(track, 0)) >>> 0;
}

export function digestWithout(digest: number, track: string): number {
  return (digest - hashOf(track, 0)) >>> 0;
}

export class KnownTracks implements Iterable<string> {
  readonly #taken: Taken;
  readonly #tracks = new Set<string>();
  #digest = 0;

  constructor(taken: Taken) {
    this.#taken = taken;
  }

  get digest(): number {
    return this.#digest;
  }

  has(track: string): boolean {
    return this.#tracks.has(track);
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#tracks.values();
  }

  /** Whether there is room for `tracks`, should none of them be known. */
  fits(tracks: readonly string[]): boolean {
    const { tracks: taken, characters } = this.#taken;
    return (
      this.#tracks.size + tracks.length <= ROOM.tracksOfOne &&
      taken + tracks.length <= ROOM.tracks &&
      tracks.reduce((sum, { length }) => sum + length, characters) <= ROOM.characters
    );
  }

  /** Whether `track` was not there. */
  add(track: string): boolean {
    if (this.#tracks.has(track)) return false;
    this.#tracks.add(track);
    this.#taken.tracks += 1;
    this.#taken.characters += track.length;
    this.#digest = digestWith(this.#digest, track);
    return true;
  }

  /** Whether `track` was there. */
  delete(track: string): boolean {
    if (!this.#tracks.delete(track)) return false;
    this.#taken.tracks -= 1;
    this.#taken.characters -= track.length;
    this.#digest = digestWithout(this.#digest, track);
    return true;
  }

  clear(): void {
    for (const track of [...this.#tracks]) this.delete(track);
  }
}
