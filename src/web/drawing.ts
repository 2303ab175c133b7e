// Draws what has changed: the charts when one of their pixels moves, and the rest at its own pace.

import { SharedScale } from './chart-scale.ts';
import type { createComparison } from './comparison.ts';
import { createLoop, evenPart, timeToMove } from './drawing-pace.ts';
import { pictureOf } from './picture.ts';
import type { TopicSet } from './topic-set.ts';
import type { Topic } from './topic-state.ts';
import { PACE } from './topic-view.ts';

const stillness = matchMedia('(prefers-reduced-motion: reduce)');

/** `review` looks at all topics with each drawing. */
export function createDrawing(
  set: Pick<TopicSet, 'all' | 'topics' | 'range'>,
  comparison: ReturnType<typeof createComparison>,
  review: (topics: readonly Topic[], now: number) => void,
) {
  const scale = new SharedScale();
  let chartsAt = 0;
  let chartsRest = 0;
  const loop = createLoop(draw, () => evenPart(chartsRest, PACE));

  function draw(now: number): void {
    if (set.all.length === 0) return;
    for (const { window } of set.topics) window.advance(now);
    if (now < chartsAt || now - chartsAt >= chartsRest) drawCharts(now);
    for (const { view } of set.all) view.render(now);
    review(set.topics, now);
    loop.request();
  }

  function drawCharts(now: number): void {
    const { all, range } = set;
    const pictures = all.map(({ topic }) => pictureOf(topic, range, now));
    const fitting = scale.fit(pictures, range.seconds, now, stillness.matches);
    all.forEach(({ view }, i) => {
      const own = pictures[i];
      if (own) view.draw(own, now, fitting);
    });
    comparison.draw(set.topics, range, now, fitting.back);
    const pixels = Math.max(...all.map(({ view }) => view.pixels));
    const how = stillness.matches ? 'still' : scale.isGliding ? 'gliding' : 'calm';
    chartsRest = timeToMove(fitting.back, pixels, how);
    chartsAt = now;
  }

  return {
    /** Draws the charts with the next drawing, even if they seem to be able to wait. */
    soon(): void {
      chartsRest = 0;
      if (set.all.length > 0) loop.request();
    },
  };
}
