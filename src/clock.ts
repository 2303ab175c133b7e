// Time as a parameter, so that a test can move it by hand.

export interface Clock {
  /** Wall-clock time, in milliseconds since 1970. May jump. */
  now(): number;
  /** Milliseconds since some fixed moment. Never goes back. */
  monotonic(): number;
  /** Calls `then` after `ms` milliseconds, unless the returned function is called before. */
  after(ms: number, then: () => void): () => void;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, then) {
    const timer = setTimeout(then, ms);
    return () => clearTimeout(timer);
  },
};

/** A wall clock may be set, and a timer of Node.js holds 24 days: who waits for a time looks this often, in milliseconds. */
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
