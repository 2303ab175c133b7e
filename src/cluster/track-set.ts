// The tracks of one node, with a digest that tells two sets apart. All peers' tracks share a bounded room.

import { hashOf } from '../track/word-filter.ts';

/** The most tracks of one peer, the most of all peers, and the most characters in those. */
export const ROOM = {
  tracksOfPeer: 200_000,
  tracks: 1_000_000,
  characters: 64 * 1024 * 1024,
} as const;

/** The part of the room that is taken. */
export interface Taken {
  tracks: number;
  characters: number;
}

export class TrackSet implements Iterable<string> {
  readonly #tracks = new Set<string>();
  readonly #taken: Taken;
  #digest = 0;

  constructor(taken: Taken = { tracks: 0, characters: 0 }) {
    this.#taken = taken;
  }

  /** The sum of the tracks' hashes: the same in whatever order they were added. */
  get digest(): number {
    return this.#digest;
  }

  has(track: string): boolean {
    return this.#tracks.has(track);
  }

  [Symbol.iterator](): Iterator<string> {
    return this.#tracks.values();
  }

  /** Whether there is room for those of `tracks` that the set does not have. */
  fits(tracks: readonly string[]): boolean {
    let count = 0;
    let characters = 0;
    for (const track of tracks) {
      if (this.#tracks.has(track)) continue;
      count += 1;
      characters += track.length;
    }
    return (
      this.#tracks.size + count <= ROOM.tracksOfPeer &&
      this.#taken.tracks + count <= ROOM.tracks &&
      this.#taken.characters + characters <= ROOM.characters
    );
  }

  /** Returns false if the set has `track`. */
  add(track: string): boolean {
    if (this.#tracks.has(track)) return false;
    this.#tracks.add(track);
    this.#count(track, 1);
    return true;
  }

  /** Returns false if the set does not have `track`. */
  delete(track: string): boolean {
    if (!this.#tracks.delete(track)) return false;
    this.#count(track, -1);
    return true;
  }

  #count(track: string, sign: 1 | -1): void {
    this.#taken.tracks += sign;
    this.#taken.characters += sign * track.length;
    this.#digest = (this.#digest + sign * hashOf(track)) >>> 0;
  }
}
