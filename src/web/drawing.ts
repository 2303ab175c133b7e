// Draws what has changed: the charts when one of their pixels moves, and the rest at the pace of what is read.

import { SharedScale } from './chart-scale.ts';
import type { createComparison } from './comparison.ts';
import { createLoop, evenPart, HURRY, PACE, timeToMove } from './drawing-pace.ts';
import { pictureOf } from './picture.ts';
import type { ServerClock } from './server-clock.ts';
import type { TopicSet } from './topic-set.ts';
import type { Topic } from './topic-state.ts';

const stillness = matchMedia('(prefers-reduced-motion: reduce)');

/** For how long what is new comes onto the page, in milliseconds. */
const COMING = 5000;

/** `review` looks at all topics with each drawing. */
export function createDrawing(
  set: Pick<TopicSet, 'all' | 'topics' | 'range' | 'showSummary'>,
  comparison: ReturnType<typeof createComparison>,
  review: (topics: readonly Topic[], now: number) => void,
  clock: ServerClock,
) {
  const scale = new SharedScale();
  let chartsAt = 0;
  let chartsRest = 0;
  let pacedAt = 0;
  let hurriesUntil = 0;
  const pace = () => (performance.now() < hurriesUntil ? HURRY : PACE);
  const wait = () => evenPart(chartsRest, pace());
  const loop = createLoop(draw, wait);

  function draw(): void {
    if (set.all.length === 0) return;
    const now = clock.now();
    for (const { window } of set.topics) window.advance(now);
    // Its time is nearer to this drawing than to the next one.
    const isDue = (last: number, rest: number) => now < last || now + wait() / 2 >= last + rest;
    const isTime = isDue(pacedAt, pace());
    if (isTime) pacedAt = now;
    if (isDue(chartsAt, chartsRest)) drawCharts(now, isTime);
    for (const { view } of set.all) view.render(now, isTime);
    set.showSummary();
    review(set.topics, now);
    loop.request();
  }

  function drawCharts(now: number, isTime: boolean): void {
    const { all, range } = set;
    const pictures = all.map(({ topic }) => pictureOf(topic, range, now));
    const fitting = scale.fit(pictures, range.seconds, now, stillness.matches);
    all.forEach(({ view }, i) => {
      const own = pictures[i];
      if (own) view.draw(own, now, fitting);
    });
    comparison.draw(set.topics, range, now, fitting.back, isTime);
    const pixels = Math.max(...all.map(({ view }) => view.pixels));
    const how = stillness.matches ? 'still' : scale.isGliding ? 'gliding' : 'calm';
    chartsRest = timeToMove(fitting.back, pixels, how, pace());
    chartsAt = now;
  }

  function soon(): void {
    chartsRest = 0;
    if (set.all.length > 0) loop.request();
  }

  return {
    /** Draws the charts at once, even if they seem to be able to wait. */
    soon,
    /** The same, and all else often for some seconds. */
    hurry(): void {
      hurriesUntil = performance.now() + COMING;
      soon();
    },
  };
}
