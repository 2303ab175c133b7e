// Whether a topic has a spike: far more posts in the last minute than the minutes before it lead to expect.
//
// The test is that of Li and Ma (1983, equation 17), by which gamma-ray astronomy finds a source above its background:
// the log-likelihood ratio of two Poisson counts over different lengths of time. It suits rare and busy topics alike,
// it knows how little a few minutes tell, and it needs no table. By Chernoff's bound, posts that come independently
// at a steady rate reach the threshold at most once in `1 / FALSE_ALARMS` minutes.
//
// Real posts come in bursts: their counts vary more than Poisson's. The ratio is therefore divided by the dispersion,
// the variance of the minutes over their mean (McCullagh and Nelder: quasi-likelihood). The variance is taken from
// the differences of neighbouring minutes (von Neumann 1941), so that a slow rise does not count.

/** The share of minutes without a spike that may be taken for one, if posts come independently. */
const FALSE_ALARMS = 1e-4;
/** A few posts are no spike, however rare they are otherwise. */
const LEAST_POSTS = 10;
/** On a busy topic, the smallest rise is significant, but only one by this factor is of interest. */
const LEAST_RATIO = 2;
/** Fewer minutes say too little about what is usual, and older ones say more about the time of day. */
export const LEAST_MINUTES = 5;
export const MOST_MINUTES = 60;
/** A few minutes say little about bursts, so this dispersion counts as well, as if measured over so many minutes. */
const USUAL_DISPERSION = 2;
const USUAL_WEIGHT = 4;

/** Whether `last`, the posts of the last minute, is far above `minutes`, those of the minutes before, in order. */
export function isSpike(last: number, minutes: readonly number[]): boolean {
  if (minutes.length < LEAST_MINUTES || last < LEAST_POSTS) return false;
  const total = minutes.reduce((sum, posts) => sum + posts, 0);
  if (last < (LEAST_RATIO * total) / minutes.length) return false;
  const ratio = likelihoodRatio(last, total, minutes.length);
  return ratio / dispersionOf(minutes, total / minutes.length) > -Math.log(FALSE_ALARMS);
}

/** The logarithm of how much likelier different rates make the counts: `last` in one minute, `total` in `count` minutes. */
function likelihoodRatio(last: number, total: number, count: number): number {
  const perMinute = (last + total) / (1 + count);
  const before = total === 0 ? 0 : total * Math.log(total / (count * perMinute));
  return last * Math.log(last / perMinute) + before;
}

function dispersionOf(minutes: readonly number[], mean: number): number {
  if (mean === 0) return USUAL_DISPERSION;
  let squares = 0;
  for (let i = 1; i < minutes.length; i++) {
    squares += ((minutes[i] ?? 0) - (minutes[i - 1] ?? 0)) ** 2;
  }
  const measured = squares / 2 / mean;
  const weight = USUAL_WEIGHT + minutes.length - 1;
  return Math.max(1, (USUAL_DISPERSION * USUAL_WEIGHT + measured) / weight);
}
