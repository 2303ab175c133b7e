// Finds what no track keeps any more, since it has enough newer events. That is looked for when it is worth the work, from
// the newest segment to the oldest: to note it for each event would cost more than all the rest.

import { MAX_ENTRIES, MAX_PLACES, Segment } from './segment.ts';

/** When less than this share of a segment is still kept, the rest is copied and joined with the next segment. */
const COPIED_BELOW = 0.5;
/** Places that it may then have: copying more would hold an event up. */
const JOINED_PLACES = MAX_PLACES / 2;
/** One entry in so many stands for all in an estimate. */
const SAMPLED = 32;

export class Sweep {
  readonly #left: Segment[];
  readonly #most: number;
  /** By slot: newer entries of the track. */
  readonly #seen: Uint32Array;
  /** The segment that was copied last. */
  #copy: Segment | undefined;

  /** Keeps `most` entries of each track, besides those of the last segment, which still grows. */
  constructor(segments: readonly Segment[], most: number, slots: number) {
    this.#left = segments.slice(0, -1);
    this.#most = most;
    this.#seen = new Uint32Array(slots);
  }

  get isDone(): boolean {
    return this.#left.length === 0;
  }

  /** Looks through one of the `segments`, in which it puts or joins copies. */
  step(segments: Segment[]): void {
    const segment = this.#left.pop();
    const at = segment === undefined ? -1 : segments.indexOf(segment);
    if (segment === undefined || at < 0) return;
    segment.freeBeyond(this.#most, this.#seen);
    if (!isSparse(segment)) return;
    if (segment.keptEntries === 0) {
      segments.splice(at, 1);
      return;
    }
    const next = segments[at + 1] as Segment;
    const isJoined = next === this.#copy && areSmall(segment, next);
    const copy = new Segment({ size: segment.keptEntries, places: segment.keptPlaces });
    copy.addKept(segment);
    if (isJoined) copy.addKept(next);
    this.#copy = copy;
    segments.splice(at, isJoined ? 2 : 1, copy);
  }
}

/** Bytes that a sweep would free, by estimate. */
export function freeable(segments: readonly Segment[], most: number, slots: number): number {
  const seen = new Uint32Array(slots);
  let bytes = 0;
  for (const segment of segments.toReversed()) {
    bytes += SAMPLED * segment.freeable(SAMPLED, most / SAMPLED, seen);
  }
  return bytes;
}

function isSparse({ keptEntries, size, keptPlaces, places }: Segment): boolean {
  return keptEntries < COPIED_BELOW * size || keptPlaces < COPIED_BELOW * places;
}

function areSmall(a: Segment, b: Segment): boolean {
  return (
    a.keptEntries + b.keptEntries <= MAX_ENTRIES && a.keptPlaces + b.keptPlaces <= JOINED_PLACES
  );
}
