// When the page draws: a chart when one of its pixels moves, and nothing more often than 15 times a second. All else
// changes in the same drawings, seldom enough to be read.

/** The shortest time between two drawings, in milliseconds. */
const SHORTEST = 1000 / 15;
/**
 * About the time between two changes of numbers and lists, and of charts where nothing may move, in milliseconds. Most of
 * what a drawing costs, it costs for the whole page.
 */
export const PACE = 2000;
/** The same of lists and charts that are out of sight. A picture of the whole page still shows them. */
export const OUT_OF_SIGHT = 10_000;
/** The same while something new comes onto the page bit by bit. */
export const HURRY = 1000;

/** Calls `draw` in a frame of the browser, about `wait()` milliseconds after the last time. A hidden page has no frames. */
export function createLoop(draw: () => void, wait: () => number) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let isFraming = false;
  let drawnAt = 0;

  function frame(): void {
    isFraming = true;
    requestAnimationFrame(run);
  }

  function run(): void {
    isFraming = false;
    drawnAt = performance.now();
    draw();
  }

  return {
    /** Draws once more. Another call before that may make it earlier. */
    request(): void {
      if (isFraming) return;
      clearTimeout(timer);
      const longest = Math.max(wait(), SHORTEST);
      const rest = Math.min(drawnAt + longest - performance.now(), longest);
      timer = setTimeout(frame, rest);
    },
  };
}

/**
 * For how long charts that show so many seconds on so many pixels may stay as they are, in milliseconds. Charts without
 * pixels are out of sight.
 */
export function timeToMove(
  seconds: number,
  pixels: number,
  how: 'gliding' | 'calm' | 'still',
  pace = PACE,
): number {
  if (how === 'still' || pixels === 0) return pace;
  return how === 'gliding' ? SHORTEST : Math.max(SHORTEST, (seconds * 1000) / pixels);
}

/** The even part of `rest` that is nearest to `pace`. So what changes at that pace shares its drawings with the charts. */
export function evenPart(rest: number, pace = PACE): number {
  return rest / Math.max(Math.round(rest / pace), 1);
}
