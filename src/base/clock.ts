// Time as a parameter, so that tests move it by hand.

export interface Clock {
  /** Wall-clock time, in milliseconds since 1970. May jump. */
  now(): number;
  /** Milliseconds since some fixed moment. Never goes back. */
  monotonic(): number;
  /**
   * Calls `then` after `ms` milliseconds, unless the returned function is called first. Negative waits end at once, and
   * `Infinity` never ends. MUST NOT call before `monotonic` has moved by `ms`. MUST throw when `ms` is NaN.
   */
  after(ms: number, then: () => void): () => void;
}

/** In milliseconds: 24 days. Node.js turns longer waits into 1 ms. */
const LONGEST_TIMER = 2 ** 31 - 1;

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, then) {
    // Node.js would turn it into 1 ms: a loop of such waits takes all of the CPU.
    if (Number.isNaN(ms)) throw new RangeError('a wait must be a number of milliseconds');
    const due = performance.now() + ms;
    const wait = (left: number) => setTimeout(ring, Math.min(left, LONGEST_TIMER));
    let timer = wait(ms);
    function ring(): void {
      // Node.js counts whole milliseconds, so its timers ring up to two of them early.
      const left = due - performance.now();
      if (left > 0) timer = wait(left);
      else then();
    }
    return () => clearTimeout(timer);
  },
};

/** Resolves as `promise` does, but after `ms` milliseconds at the latest. */
export async function within(clock: Clock, ms: number, promise: Promise<unknown>): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  const cancel = clock.after(ms, resolve);
  await Promise.race([promise, late]).finally(cancel);
}

/** The wall clock may be set during a wait for a time, so the wait checks it this often, in milliseconds. */
const CHECK_EVERY = 60_000;

/** Calls `then` once `clock.now()` has reached `time`, unless the returned function is called first. */
export function atTime(clock: Clock, time: number, then: () => void): () => void {
  let cancel = () => {};
  function look(): void {
    const left = time - clock.now();
    cancel = left <= 0 ? clock.after(0, then) : clock.after(Math.min(left, CHECK_EVERY), look);
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
