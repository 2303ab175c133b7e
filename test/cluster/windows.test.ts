// A window on a gateway is that of the node that ingests, and knows when the gateway was cut off.

import { expect, test } from 'vitest';
import { LiveWindows } from '../../src/history/live-windows.ts';
import type { TrackWindow } from '../../src/stream/windows.ts';
import { SOMEWHERE } from '../support/keeping.ts';
import { createNodes, type Node } from '../support/nodes.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { track } from '../support/tracks.ts';

/** Nothing was counted. */
const NOTHING = { buckets: [], retainedFrom: 0, end: SOMEWHERE };

test('a gateway counts the events that it gets, and is not complete while it gets none', async () => {
  const nodes = createNodes();
  const { clock } = nodes;
  const { leads, others } = await nodes.startMany(2);
  const gateway = others[0] as Node;
  const watch = ({ multiplexer }: Node) => {
    const got: TrackWindow[] = [];
    const windows = new LiveWindows({
      multiplexer,
      lookBack: { history: async () => NOTHING },
      clock,
      maxWindows: 10,
      telemetry: recordTelemetry(),
    });
    windows.watch(
      { track: track('coffee'), span: 60, every: 1 },
      { window: (window) => got.push(window), end: () => {} },
    );
    return got;
  };
  const [here, there] = [watch(leads), watch(gateway)];
  await nodes.until(() => leads.source?.wanted.at(-1)?.length === 1);
  const play = async (seconds: number) => {
    for (let second = 0; second < seconds; second++) {
      await nodes.say('coffee #bean is great', leads);
      await nodes.pass(1_000);
    }
  };
  await play(130);
  expect(there.at(-1)).toMatchObject({ counts: [60, 0, 0], isComplete: true });
  expect(there.at(-1)).toEqual(here.at(-1));

  gateway.relay.cut();
  await play(5);
  gateway.relay.mend();
  await play(10);
  expect(here.at(-1)).toMatchObject({ counts: [60, 0, 0], isComplete: true });
  expect(there.at(-1)).toMatchObject({ isComplete: false, previous: { isComplete: true } });
  await play(60);
  expect(there.at(-1)).toMatchObject({ isComplete: true, previous: { isComplete: false } });
});
