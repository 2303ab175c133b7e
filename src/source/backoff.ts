// How long to wait before the next try: a schedule, with jitter.

/** In milliseconds. Each wait is the previous one times `factor` plus `step`, and at most `most`. */
export interface Schedule {
  readonly first: number;
  readonly factor: number;
  readonly step: number;
  readonly most: number;
}

/** The share of a wait that is random, so that many clients don't all come back at once. */
const JITTER = 0.2;

/** The wait before retry number `attempt`, from 0. Jitter only adds to it: an upstream's schedule is a minimum. */
export function backoff(schedule: Schedule, attempt: number, random: () => number): number {
  let wait = schedule.first;
  for (let i = 0; i < attempt && wait < schedule.most; i++) {
    wait = wait * schedule.factor + schedule.step;
  }
  return Math.round(Math.min(wait, schedule.most) * (1 + JITTER * random()));
}
