// Time, cut where buckets end.

/** A part of a time; `to` is not part of it. */
export interface Part {
  readonly from: number;
  readonly to: number;
}

/** The parts of the time from `from` up to `to` that lie in one bucket each, where buckets are `width` wide. */
export function* cutAtBuckets({ from, to }: Part, width: number): Generator<Part> {
  for (let at = from; at < to; ) {
    const end = Math.min(to, (Math.floor(at / width) + 1) * width);
    yield { from: at, to: end };
    at = end;
  }
}
