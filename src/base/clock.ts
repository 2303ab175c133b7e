// Time as a parameter, so that a test can move it by hand.

export interface Clock {
  /** Wall-clock time, in milliseconds since 1970. May jump. */
  now(): number;
  /** Milliseconds since some fixed moment. Never goes back. */
  monotonic(): number;
  /**
   * Calls `then` after `ms` milliseconds, unless the returned function is called before. `ms` may be of
   * any size: a negative wait is none, and `Infinity` never ends. MUST throw when `ms` is NaN.
   */
  after(ms: number, then: () => void): () => void;
}

/** In milliseconds: 24 days. Node.js makes 1 ms of anything longer. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, then) {
    if (ms <= LONGEST_TIMER) {
      const timer = setTimeout(then, ms);
      return () => clearTimeout(timer);
    }
    refuseNaN(ms);
    let cancel = systemClock.after(LONGEST_TIMER, () => {
      cancel = systemClock.after(ms - LONGEST_TIMER, then);
    });
    return () => cancel();
  },
};

/** NaN is a bug of ours. As a wait of 1 ms, it would be a loop that takes all of the CPU. */
export function refuseNaN(ms: number): void {
  if (Number.isNaN(ms)) throw new RangeError('a wait has to be a number of milliseconds');
}

/** The wall clock may be set meanwhile, so a wait for a time looks at it this often, in milliseconds. */
const LOOK_EVERY = 60_000;

/** Calls `then` when `clock.now()` has come to `time`, unless the returned function is called before. */
export function atTime(clock: Clock, time: number, then: () => void): () => void {
  let cancel = () => {};
  function look(): void {
    const left = time - clock.now();
    cancel = left <= 0 ? clock.after(0, then) : clock.after(Math.min(left, LOOK_EVERY), look);
  }
  look();
  return () => cancel();
}

/** Resolves after `ms` milliseconds, or at once when `signal` is aborted. Never rejects. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const wake = () => {
      cancel();
      signal.removeEventListener('abort', wake);
      resolve();
    };
    const cancel = clock.after(ms, wake);
    signal.addEventListener('abort', wake);
  });
}
