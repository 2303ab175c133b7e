// Whether a series of measurements stays flat.

export interface Point {
  readonly minutes: number;
  readonly value: number;
}

/** A series with fewer points does not count as flat. */
const FEWEST_POINTS = 8;
/** The share of its mean by which the line of a flat series may rise from the first point to the last. */
const FLAT_SHARE = 0.05;

export interface Slope {
  /** The rise in a minute, in the unit of the values. */
  readonly perMinute: number;
  readonly mean: number;
  readonly isFlat: boolean;
}

/** The line of least squares through at least two points. */
export function slopeOf(points: readonly Point[]): Slope {
  const meanOf = (values: readonly number[]) =>
    values.reduce((sum, value) => sum + value, 0) / values.length;
  const mean = meanOf(points.map(({ value }) => value));
  const middle = meanOf(points.map(({ minutes }) => minutes));
  let [up, along] = [0, 0];
  for (const { minutes, value } of points) {
    up += (minutes - middle) * (value - mean);
    along += (minutes - middle) ** 2;
  }
  const perMinute = up / along;
  const span = (points.at(-1)?.minutes ?? 0) - (points[0]?.minutes ?? 0);
  return {
    perMinute,
    mean,
    isFlat: points.length >= FEWEST_POINTS && perMinute * span <= mean * FLAT_SHARE,
  };
}
