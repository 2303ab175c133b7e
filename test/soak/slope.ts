// Whether a series of measurements stays where it is.

export interface Point {
  readonly minutes: number;
  readonly value: number;
}

/** With fewer points nothing is said to be flat. */
const FEWEST_POINTS = 8;
/** How much of its mean a flat series may gain, by its line, from its first point to its last. */
const FLAT_SHARE = 0.05;

export interface Slope {
  /** A minute, in the unit of the values. */
  readonly perMinute: number;
  readonly mean: number;
  readonly isFlat: boolean;
}

/** The line of least squares through some points, of which there have to be two at least. */
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
