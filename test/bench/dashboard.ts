// npm run bench -- dashboard: what share of a core the page takes in a real browser, and how soon it shows something.

import { type ChildProcess, spawn } from 'node:child_process';
import { on, once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay, setImmediate as tick } from 'node:timers/promises';
import { pino } from 'pino';
import { WebSocket } from 'ws';
import { systemClock } from '../../src/base/clock.ts';
import { startServer } from '../../src/server/server.ts';
import { createPlayer } from '../../src/source/player.ts';
import { buildPage } from '../../src/web/build.ts';
import { FLAGS, findChromium } from '../support/chromium.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { TEXT_ALONE } from '../support/posts.ts';
import { configOf } from '../support/senti.ts';
import { runParts } from './measure.ts';
import { readTexts } from './workload.ts';

const TOPICS = ['coffee', 'tea', 'music', 'film'];
const POSTS_A_SECOND = 200;
/** Until the page has begun, and has drawn what it begins with. */
const WARM_UP_SECONDS = 10;
const SECONDS = 40;
/** Other programs disturb, so the round with the least is the one that counts. */
const ROUNDS = 3;
/**
 * How long the server has counted before the page opens, in milliseconds: not at all, so that the page shows its first minute,
 * or longer than its whole window.
 */
const PAST = { 'first minute': 0, 'whole window': 330_000 } as const;
/** In such steps, and so many ticks for each of them, the past goes by at once. */
const STEP = { ms: 20, ticks: 4 };
/** What four topics at 200 events a second may take at most. */
const GOALS = { renderer: 10, 'first content, ms': 500 } as const;
/** As browsers name it. */
const PAINTED = 'first-contentful-paint';

/** Each can be asked for by its name. */
const PARTS = {
  together: async () => {
    const measured = await measureRounds('four topics, 200 events a second in all', TOPICS, 1);
    return { ...measured, rows: measured.rows.map((row) => ({ ...row, goals: judge(row) })) };
  },
  each: () => measureRounds('four topics, 200 events a second each', TOPICS, TOPICS.length),
  one: () => measureRounds('one topic, 200 events a second', TOPICS.slice(0, 1), 1),
} as const;

export const run = (asked: readonly string[]) => runParts('dashboard', PARTS, asked);

/** Whether the goals are reached, or which of them is not. */
function judge(row: Readonly<Record<keyof typeof GOALS, number>>): string {
  const names = Object.keys(GOALS) as (keyof typeof GOALS)[];
  const missed = names.filter((name) => row[name] > GOALS[name]);
  if (missed.length === 0) return 'reached';
  return missed.map((name) => `missed: ${name} is over ${GOALS[name]}`).join('; ');
}

async function measureRounds(title: string, topics: readonly string[], topicsOfPost: number) {
  await buildPage();
  const shown = Object.entries(PAST);
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    for (const [name, past] of shown) {
      rounds.push({ shown: name, ...(await measure(topics, topicsOfPost, past)) });
    }
  }
  const best = rounds.toSorted((a, b) => a.renderer - b.renderer);
  const rows = shown.flatMap(([name]) => best.find(({ shown }) => shown === name) ?? []);
  return { title: `% of a core that the dashboard takes: ${title}`, rows };
}

async function measure(topics: readonly string[], topicsOfPost: number, past: number) {
  const clock = past > 0 ? new FakeClock(Date.now() - past) : systemClock;
  const followed = past > 0 ? topics.map((topic) => `--follow=${topic}`) : [];
  const server = await startServer(configOf(...followed), pino({ level: 'silent' }), {
    clock,
    connect: (_config, sink) => createPlayer(playlistOf(topics, topicsOfPost), sink, clock),
  });
  const stopClock = clock instanceof FakeClock ? await catchUp(clock) : () => {};
  const query = new URLSearchParams(topics.map((topic) => ['track', topic]));
  const browser = await startBrowser(`${server.url}/?${query}`);
  await delay(WARM_UP_SECONDS * 1000);
  const before = await browser.used();
  await delay(SECONDS * 1000);
  const after = await browser.used();
  const title = await browser.title();
  const firstContent = await browser.firstContent();
  await browser.stop();
  await server.close();
  stopClock();
  const share = (type: string) =>
    Math.round(((after[type] ?? 0) - (before[type] ?? 0)) * (1000 / SECONDS)) / 10;
  return {
    renderer: share('renderer'),
    'GPU process': share('GPU'),
    browser: share('browser'),
    network: share('utility'),
    'first content, ms': Math.round(firstContent),
    'title of its tab': title,
  };
}

/** Lets the time until now go by, and from then on keeps the clock right until the returned function is called. */
async function catchUp(clock: FakeClock): Promise<() => void> {
  while (clock.now() < Date.now()) {
    clock.advance(STEP.ms);
    for (let n = 0; n < STEP.ticks; n++) await tick();
  }
  const timer = setInterval(() => clock.advance(Math.max(0, Date.now() - clock.now())), 1);
  return () => clearInterval(timer);
}

/** Each post matches so many of the topics. */
function playlistOf(topics: readonly string[], topicsOfPost: number) {
  const { texts } = readTexts();
  return {
    name: 'replay',
    rate: POSTS_A_SECOND,
    leadIn: 0,
    ended: 'All posts are played.',
    *open() {
      for (let n = 0; ; n++) {
        const matched = Array.from(
          { length: topicsOfPost },
          (_, i) => topics[(n + i) % topics.length],
        );
        const text = `${texts[n % texts.length]} ${matched.join(' ')} #tag${n % 50}`;
        yield { id: String(n), source: 'replay', text, ...TEXT_ALONE, langs: ['en'] };
      }
    },
  };
}

/**
 * Starts a browser that shows a page. Nothing is attached to the page, since an inspector costs the page time for each
 * message that comes.
 */
async function startBrowser(address: string) {
  const executable = findChromium();
  if (!executable) throw new Error('There is no Chromium. Set CHROMIUM to the path of one.');
  const profile = mkdtempSync(join(tmpdir(), 'senti-'));
  const process = spawn(
    executable,
    [
      ...FLAGS,
      '--headless',
      '--window-size=1280,900',
      '--remote-debugging-port=0',
      `--user-data-dir=${profile}`,
    ],
    { stdio: ['ignore', 'ignore', 'pipe'] },
  );
  const socket = new WebSocket(await inspectorOf(process));
  await once(socket, 'open');
  let asked = 0;
  const ask = async (method: string, params = {}, sessionId?: string) => {
    const id = ++asked;
    socket.send(JSON.stringify({ id, method, params, sessionId }));
    for await (const [message] of on(socket, 'message')) {
      const answer = JSON.parse(String(message));
      if (answer.id === id) return answer.result;
    }
  };
  const evaluate = async (targetId: string, expression: string) => {
    const { sessionId } = await ask('Target.attachToTarget', { targetId, flatten: true });
    return (await ask('Runtime.evaluate', { expression }, sessionId)).result.value;
  };
  const { targetId } = await ask('Target.createTarget', { url: address });
  return {
    /** The CPU time of the browser's processes so far, in seconds, by their type. */
    async used(): Promise<Readonly<Record<string, number>>> {
      const used: Record<string, number> = {};
      const { processInfo } = await ask('SystemInfo.getProcessInfo');
      for (const { type, cpuTime } of processInfo) used[type] = (used[type] ?? 0) + cpuTime;
      return used;
    },
    title: (): Promise<string> => evaluate(targetId, 'document.title'),
    /** After how many milliseconds the page shows something, to a person who has not seen it before. */
    async firstContent(): Promise<number> {
      const { browserContextId } = await ask('Target.createBrowserContext');
      const fresh = await ask('Target.createTarget', { url: address, browserContextId });
      await delay(WARM_UP_SECONDS * 1000);
      return evaluate(fresh.targetId, `performance.getEntriesByName('${PAINTED}')[0].startTime`);
    },
    async stop(): Promise<void> {
      socket.send(JSON.stringify({ id: ++asked, method: 'Browser.close' }));
      await once(process, 'exit');
      rmSync(profile, { recursive: true, force: true, maxRetries: 5 });
    },
  };
}

async function inspectorOf({ stderr }: ChildProcess): Promise<string> {
  if (!stderr) throw new Error('the browser has no stderr');
  for await (const line of createInterface({ input: stderr })) {
    const found = /ws:\/\/\S+/.exec(line)?.[0];
    if (found) {
      stderr.resume();
      return found;
    }
  }
  throw new Error('The browser did not start.');
}
