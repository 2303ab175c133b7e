// The tracks that are wanted. It counts those of each source, so that a source without any learns that at once.

import type { Tracks } from '../source/source.ts';
import type { Track } from '../track/track.ts';

export class WantedTracks extends Set<Track> implements Tracks {
  /** How many are wanted at all sources. */
  #everywhere = 0;
  /** How many more are wanted at some sources, by source. */
  readonly #more = new Map<string, number>();

  override add(track: Track): this {
    if (!this.has(track)) this.#count(track, 1);
    return super.add(track);
  }

  override delete(track: Track): boolean {
    if (!super.delete(track)) return false;
    this.#count(track, -1);
    return true;
  }

  countAt(source: string): number {
    return this.#everywhere + (this.#more.get(source) ?? 0);
  }

  #count({ sources }: Track, by: 1 | -1): void {
    if (sources === undefined) this.#everywhere += by;
    for (const source of sources ?? []) {
      const count = (this.#more.get(source) ?? 0) + by;
      if (count > 0) this.#more.set(source, count);
      else this.#more.delete(source);
    }
  }
}
