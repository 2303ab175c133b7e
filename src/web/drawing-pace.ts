// When the page draws: a chart when one of its pixels moves, and nothing more often than 15 times a second.

/** The shortest time between two drawings, in milliseconds. */
const SHORTEST = 1000 / 15;
/** How long charts stay as they are where nothing may move, in milliseconds. */
const STEP = 1000;

/** Calls `draw` in a frame of the browser, about `wait()` milliseconds after the last time. A hidden page has no frames. */
export function createLoop(draw: (now: number) => void, wait: () => number) {
  let isWaiting = false;
  let drawnAt = 0;

  function run(): void {
    isWaiting = false;
    drawnAt = Date.now();
    draw(drawnAt);
  }

  return {
    /** Draws once more. Calls before that do nothing. */
    request(): void {
      if (isWaiting) return;
      isWaiting = true;
      const longest = Math.max(wait(), SHORTEST);
      const rest = Math.min(drawnAt + longest - Date.now(), longest);
      setTimeout(() => requestAnimationFrame(run), rest);
    },
  };
}

/**
 * For how long charts that show so many seconds on so many pixels may stay as they are, in milliseconds. Charts without
 * pixels are out of sight.
 */
export function timeToMove(seconds: number, pixels: number, how: 'gliding' | 'calm' | 'still') {
  if (how === 'still' || pixels === 0) return STEP;
  return how === 'gliding' ? SHORTEST : Math.max(SHORTEST, (seconds * 1000) / pixels);
}

/**
 * The shortest even part of `rest` that is at least `pace` long, or all of it. So what changes at that pace shares its frames
 * with the charts: most of what a frame costs, it costs once.
 */
export function evenPart(rest: number, pace: number): number {
  return rest / Math.max(Math.floor(rest / pace), 1);
}
