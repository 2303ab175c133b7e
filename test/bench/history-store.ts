// 10,000 topics by the minute. A week passes as fast as the database takes it, then some minutes go through the store
// and its worker, while the delay of the main loop is measured.

import { statSync } from 'node:fs';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { monitorEventLoopDelay } from 'node:perf_hooks';
import { memoryUsage } from 'node:process';
import { setTimeout } from 'node:timers/promises';
import { MinuteCounter } from '../../src/history/counter.ts';
import { CountedPast } from '../../src/history/counts.ts';
import { HistoryDatabase } from '../../src/history/sqlite-database.ts';
import { SqliteStore } from '../../src/history/sqlite-store.ts';
import {
  type Counter,
  type EndedMinute,
  MINUTE,
  type MinuteBatch,
} from '../../src/history/store.ts';
import { BUCKETS, type BucketSize } from '../../src/stream/history.ts';
import type { Recording } from '../../src/stream/recorder.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { eventAt, SIZES, START } from '../support/history.ts';
import { createPast } from '../support/keeping.ts';
import { seeded } from '../support/seeded.ts';
import { recordTelemetry } from '../support/telemetry.ts';
import { track } from '../support/tracks.ts';
import { median } from './measure.ts';

const TOPICS = 10_000;
const WEEK = 7 * 24 * 60;
/** Of the minutes that go through the worker. */
const STORED = 20;
const EVERY_BYTE = 64 * 1024 ** 3;

/** Events in a minute. A quiet night on Bluesky has few posts on 10,000 topics; the other load has some on every topic. */
const LOADS = {
  'rare topics': { events: 3000, minutes: WEEK },
  'every topic, every minute': { events: 2 * TOPICS, minutes: 24 * 60 },
} as const;

export async function measureStore() {
  const folder = await mkdtemp(join(tmpdir(), 'senti-bench-'));
  const rows = [];
  try {
    for (const [load, options] of Object.entries(LOADS)) {
      rows.push({ load, ...(await measure(join(folder, `${options.events}.db`), options)) });
    }
  } finally {
    await rm(folder, { recursive: true });
  }
  return { title: `${TOPICS.toLocaleString('en')} topics by the minute`, rows };
}

interface Load {
  readonly events: number;
  readonly minutes: number;
}

async function measure(path: string, { events, minutes }: Load) {
  const options = { ...SIZES, maxBytes: EVERY_BYTE };
  const batches: MinuteBatch[] = [];
  const counter = new MinuteCounter();
  const feed = createFeed(events, counter, (ended) => batches.push(counter.end(ended)));
  const before = memoryUsage.rss();
  const database = new HistoryDatabase(path, options);
  const times: number[] = [];
  for (let minute = 0; minute < minutes; minute++) {
    feed();
    for (const batch of batches.splice(0)) times.push(timeOf(() => database.append(batch)));
  }
  const rss = memoryUsage.rss() - before;
  const asked = (Object.keys(BUCKETS) as BucketSize[]).map((size) =>
    timeOf(() => {
      const to = START + minutes * MINUTE;
      const from = Math.max(START, to - 1500 * BUCKETS[size]);
      database.read({ topic: 'topic1', size, from, to });
    }),
  );
  database.close();
  const { size: bytes } = statSync(path);

  const store = new SqliteStore({ path, ...options }, recordTelemetry().log('history'), () => {});
  const loop = monitorEventLoopDelay({ resolution: 1 });
  const goOn = createFeed(events, store, (ended) => void store.end(ended), minutes + 1);
  const turns: number[] = [];
  const worst: number[] = [];
  for (let minute = 0; minute < STORED; minute++) {
    goOn();
    turns.push(goOn.turned());
    loop.reset();
    loop.enable();
    await store.read({ topic: 'topic1', size: 'MINUTE', from: START, to: START + MINUTE });
    await setTimeout(10);
    loop.disable();
    worst.push(loop.max / 1e6 - 1);
  }
  await store.close();
  return {
    minutes,
    'rows a minute': Math.min(events, TOPICS),
    'worker ms (median)': round(median(times)),
    'worker ms (max)': round(Math.max(...times)),
    'turn ms (max)': round(Math.max(...turns)),
    'loop delay ms (median)': round(median(worst)),
    'loop delay ms (max)': round(Math.max(...worst)),
    'read 1,500 ms': round(Math.max(...asked)),
    'RSS MB': round(rss / 1e6),
    'file MB': round(bytes / 1e6),
  };
}

/** Each call counts a minute of events, most of them of few topics. */
function createFeed(
  events: number,
  counter: Counter,
  end: (ended: EndedMinute) => void,
  firstMinute = 0,
) {
  const clock = new FakeClock(START + firstMinute * MINUTE);
  const counts = new CountedPast(createPast({ recentEvents: 0 }), clock, counter, end);
  counts.live('hand', true);
  let number = 0;
  const at = () => ({ epoch: 1, number, time: clock.now() });
  const recordings: Recording[] = Array.from({ length: TOPICS }, (_, i) =>
    counts.open(track(`topic${i}`), at()),
  );
  const random = seeded(1);
  let turned = 0;
  function feed(): void {
    clock.spend(MINUTE / 2);
    for (let i = 0; i < events; i++) {
      // Every topic first, if there are enough events, then as Zipf has it.
      const isEach = events >= TOPICS && i < TOPICS;
      const topic = isEach ? i : Math.floor(TOPICS ** random()) - 1;
      number += 1;
      const hashtags = i % 3 === 0 ? [{ tag: `tag${Math.floor(random() * 100)}`, count: 1 }] : [];
      const event = eventAt(at(), { hashtags, polarityIndex: i % 3 });
      counts.event(event, [recordings[topic]?.slot ?? 0]);
    }
    clock.spend(MINUTE / 2);
    turned = timeOf(() => clock.advance(0));
  }
  return Object.assign(feed, { turned: () => turned });
}

function timeOf(work: () => void): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function round(value: number): number {
  return Number(value.toPrecision(3));
}
