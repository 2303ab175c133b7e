// How long to wait before the next try, by a schedule and a little chance.

/** Waits in milliseconds. Each wait is the last one times `factor` plus `step`, never above `most`. */
export interface Schedule {
  readonly first: number;
  readonly factor: number;
  readonly step: number;
  readonly most: number;
}

/** The share of a wait that is left to chance, so that many clients don't all come back at once. */
const JITTER = 0.2;

/**
 * The wait before the `attempt`-th retry in a row, counted from 0. Chance only makes it longer, by up
 * to a fifth: a schedule of the upstream's own is a minimum.
 */
export function backoff(schedule: Schedule, attempt: number, random: () => number): number {
  let wait = schedule.first;
  for (let i = 0; i < attempt && wait < schedule.most; i++) {
    wait = wait * schedule.factor + schedule.step;
  }
  return Math.round(Math.min(wait, schedule.most) * (1 + JITTER * random()));
}
