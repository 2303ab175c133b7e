// npm run bench -- fanout: the server's CPU time for each message it delivers, against the stock way and
// a bare ws.send of a ready string, all in the same run.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import type { Request as ClientRequest } from './fanout-clients.ts';
import type { Request as ServerRequest } from './fanout-server.ts';
import { median, runParts } from './measure.ts';

const WAYS = ['senti', 'stock', 'bare'] as const;
/** `floor` shows what is left to gain: a write to the connection for each message, and nothing else. */
type Way = (typeof WAYS)[number] | 'floor';
/** Machines are noisy: those that are close to each other take turns, and the median counts. */
const ROUNDS = { senti: 3, stock: 1, bare: 3, floor: 3 } as const;

interface Scenario {
  readonly name: string;
  readonly path?: '/track';
  readonly ways?: readonly Way[];
  /** For each socket, its tracks. */
  readonly sockets: readonly (readonly string[])[];
  /** The texts of one turn, by its number, and how many messages they make in all. */
  turn(n: number): readonly string[];
  readonly messagesATurn: number;
  /** How many turns are asked for before the clients are waited for. */
  readonly turnsAtATime: number;
  readonly turns: number;
}

const COFFEE = times(1000, () => ['coffee']);
const ONE = (n: number) => [`coffee #bean @${n}`];
const TWENTY = (n: number) => times(20, (i) => `coffee #bean @${n}x${i}`);

const SCENARIOS: readonly Scenario[] = [
  {
    name: '1,000 sockets, one track, one event a turn',
    ways: [...WAYS, 'floor'],
    sockets: COFFEE,
    turn: ONE,
    messagesATurn: 1000,
    turnsAtATime: 10,
    turns: 300,
  },
  {
    name: '1,000 sockets, one track, bursts of 20',
    sockets: COFFEE,
    turn: TWENTY,
    messagesATurn: 20_000,
    turnsAtATime: 2,
    turns: 30,
  },
  {
    name: '1,000 sockets on 1,000 tracks, each post matches 10',
    sockets: times(1000, (i) => [`word${i}`]),
    turn: (n) => [`${times(10, (i) => `word${(n * 10 + i) % 1000}`).join(' ')} #bean @${n}`],
    messagesATurn: 10,
    turnsAtATime: 100,
    turns: 10_000,
  },
  {
    name: 'one socket with 32 subscriptions, bursts of 20',
    sockets: [times(32, () => 'coffee')],
    turn: TWENTY,
    messagesATurn: 640,
    turnsAtATime: 10,
    turns: 200,
  },
  {
    name: '/track, 1,000 sockets, bursts of 20',
    path: '/track',
    ways: ['senti', 'bare'],
    sockets: COFFEE,
    turn: TWENTY,
    messagesATurn: 20_000,
    turnsAtATime: 2,
    turns: 30,
  },
];

const IDLE_SUBSCRIBERS = 5000;
/** Where V8 makes objects it keeps room for the largest rush there was, empty: that is no subscriber's. */
const SMALL_NURSERY = '--max-semi-space-size=4';
const LATENCY_SOCKETS = 200;
const LATENCY_EVENTS = 300;
const LATENCY_GAP_MS = 10;
const STALL_CLIENTS = 100;
const STALL_SECONDS = 60;
const STALL_WARM_UP_SECONDS = 15;
const STALL_TURN_MS = 19;
const STALL_EVENTS_A_TURN = 40;

/** Each takes some minutes, and can be asked for by its name. */
const PARTS = {
  costs: async () => {
    const costs = [];
    for (const scenario of SCENARIOS) costs.push(await measureCost(scenario));
    return { title: "µs of the server's CPU for each message delivered", rows: costs };
  },
  memory: async () => ({
    title: `kB of RSS for each of ${IDLE_SUBSCRIBERS} idle subscribers`,
    rows: [await measureMemory()],
  }),
  latency: async () => ({
    title: 'ms from publishing to the client, half load',
    rows: await measureLatency(),
  }),
  stall: async () => ({
    title: `1 of ${STALL_CLIENTS} clients stops reading for ${STALL_SECONDS} s`,
    rows: [await measureStall()],
  }),
} as const;

export const run = (asked: readonly string[]) => runParts('fanout', PARTS, asked);

async function measureCost(scenario: Scenario) {
  const { name, path = '/graphql', ways = WAYS, sockets, turn, turns } = scenario;
  const { messagesATurn, turnsAtATime } = scenario;
  const found = await inTurns(ways, async (way) => {
    await using pair = await startPair(way);
    await pair.open(path, sockets);
    let total = 0;
    const play = async (from: number, to: number) => {
      for (let n = from; n < to; n += turnsAtATime) {
        const turns = times(Math.min(turnsAtATime, to - n), (i) => turn(n + i));
        pair.server({ ask: 'publish', turns });
        total += messagesATurn * turns.length;
        await pair.received(total);
      }
    };
    const warmUp = Math.ceil(turns / 4);
    await play(0, warmUp);
    const before = await pair.measure();
    await play(warmUp, warmUp + turns);
    const after = await pair.measure();
    return { cost: (after.cpu - before.cpu) / (turns * messagesATurn) };
  });
  /** Undefined where a way was not measured. */
  const shown = (value: number, digits?: number) =>
    Number.isNaN(value) ? undefined : round(value, digits);
  const [senti, stock, bare, floor] = (['senti', 'stock', 'bare', 'floor'] as const).map(
    (way) => found[way]?.cost ?? Number.NaN,
  ) as [number, number, number, number];
  return {
    scenario: name,
    senti: shown(senti),
    stock: shown(stock),
    bare: shown(bare),
    floor: shown(floor),
    'senti/stock': shown(senti / stock, 3),
    'senti/bare': shown(senti / bare, 3),
    'floor/bare': shown(floor / bare, 3),
  };
}

/** Of each number that `measure` finds for a way, the median. */
async function inTurns<Found extends Readonly<Record<string, number>>>(
  ways: readonly Way[],
  measure: (way: Way) => Promise<Found>,
): Promise<Partial<Record<Way, Found>>> {
  const found: Partial<Record<Way, Found[]>> = {};
  for (let round = 0; round < Math.max(...Object.values(ROUNDS)); round++) {
    for (const way of ways.filter((way) => round < ROUNDS[way])) {
      found[way] = [...(found[way] ?? []), await measure(way)];
    }
  }
  return Object.fromEntries(Object.entries(found).map(([way, all]) => [way, mediansOf(all)]));
}

export function mediansOf<Found extends Readonly<Record<string, number>>>(
  all: readonly Found[],
): Found {
  const medians = Object.keys(all[0] ?? {}).map((key) => [
    key,
    median(all.map((found) => found[key] ?? Number.NaN)),
  ]);
  return Object.fromEntries(medians);
}

async function measureMemory() {
  const found = await inTurns(WAYS, async (way) => {
    await using pair = await startPair(way, [SMALL_NURSERY]);
    // What the first few hundred bring is there for good.
    await pair.open(
      '/graphql',
      times(500, () => ['coffee']),
    );
    const before = await pair.measure();
    await pair.open(
      '/graphql',
      times(IDLE_SUBSCRIBERS, () => ['coffee']),
    );
    pair.server({ ask: 'publish', turns: [['coffee @settled']] });
    await pair.received(IDLE_SUBSCRIBERS + 500);
    return { bytes: ((await pair.measure()).rss - before.rss) / IDLE_SUBSCRIBERS };
  });
  const kB = (way: Way) => round((found[way]?.bytes ?? Number.NaN) / 1000, 1);
  return {
    senti: kB('senti'),
    stock: kB('stock'),
    bare: kB('bare'),
    'senti more than bare': round(kB('senti') - kB('bare'), 1),
    'stock more than bare': round(kB('stock') - kB('bare'), 1),
  };
}

async function measureLatency() {
  const found = await inTurns(WAYS, measureLatencyOf);
  return WAYS.map((way) => ({ way, ...found[way] }));
}

async function measureLatencyOf(way: Way) {
  await using pair = await startPair(way);
  await pair.open(
    '/graphql',
    times(LATENCY_SOCKETS, () => ['coffee']),
  );
  const before = await pair.measure();
  for (let n = 1; n <= LATENCY_EVENTS; n++) {
    pair.server({ ask: 'publish', turns: [[`coffee @t${process.hrtime.bigint()}`]] });
    await delay(LATENCY_GAP_MS);
  }
  await pair.received(LATENCY_EVENTS * LATENCY_SOCKETS);
  const after = await pair.measure();
  const sorted = (await pair.latencies()).sort((a, b) => a - b);
  const at = (share: number) => round((sorted[Math.floor(share * sorted.length)] ?? 0) / 1e6);
  const turn = (after.cpu - before.cpu) / 1000 / LATENCY_EVENTS;
  const load = round((100 * turn) / LATENCY_GAP_MS, 0);
  return { p50: at(0.5), p99: at(0.99), 'CPU of a turn': round(turn), 'load %': load };
}

/** One of a hundred clients stops reading; the others, and the server, should not notice. */
async function measureStall() {
  await using pair = await startPair('senti');
  await pair.open(
    '/graphql',
    times(STALL_CLIENTS, () => ['coffee']),
  );
  let events = 0;
  let evictedAfter = Number.NaN;
  const play = async (seconds: number) => {
    const start = performance.now();
    for (
      let asked = start;
      performance.now() < start + seconds * 1000;
      await delay(STALL_TURN_MS)
    ) {
      const at = process.hrtime.bigint();
      const first = [`coffee #bean @t${at}`];
      const others = times(STALL_EVENTS_A_TURN - 1, (i) => `coffee #bean @${i}`);
      pair.server({ ask: 'publish', turns: [[...first, ...others]] });
      events += STALL_EVENTS_A_TURN;
      if (!Number.isNaN(evictedAfter) || performance.now() < asked + 500) continue;
      asked = performance.now();
      if ((await pair.listeners()) < STALL_CLIENTS) evictedAfter = asked - start;
    }
  };
  const p99 = async () => {
    const sorted = (await pair.latencies()).sort((a, b) => a - b);
    return round((sorted[Math.floor(0.99 * sorted.length)] ?? 0) / 1e6);
  };

  await play(STALL_WARM_UP_SECONDS);
  await pair.received(events * STALL_CLIENTS);
  // A minute in which nobody stalls tells what the server's memory does by itself.
  const warm = await pair.measure();
  await play(STALL_SECONDS);
  await pair.received(events * STALL_CLIENTS);
  const before = { ...(await pair.measure()), p99: await p99() };
  const already = events * STALL_CLIENTS;
  pair.stopReading(0);
  events = 0;
  await play(STALL_SECONDS);
  // The other ninety-nine have everything, or this never ends.
  await pair.received(already + events * (STALL_CLIENTS - 1));
  const after = { ...(await pair.measure()), p99: await p99() };
  return {
    'events/s': Math.round(events / STALL_SECONDS),
    'missed by the other 99': 0,
    'MiB more': round((after.rss - before.rss) / 2 ** 20),
    'MiB of heap more': round((after.heapUsed - before.heapUsed) / 2 ** 20),
    'MiB more without': round((before.rss - warm.rss) / 2 ** 20),
    'p99 before, ms': before.p99,
    'p99 while stalled, ms': after.p99,
    'evicted after, s': round(evictedAfter / 1000, 1),
  };
}

/** A server and its clients, each a process; both end with the scope. */
export async function startPair(
  way: Way | 'graphql-ws',
  flags: readonly string[] = [],
  isSecure = false,
) {
  const argv = isSecure ? [way, 'tls'] : [way];
  const server = fork(new URL('./fanout-server.ts', import.meta.url), argv, {
    execArgv: ['--expose-gc', ...flags],
  });
  const { url } = (await message(server)) as { url: string };
  const children = [server];
  const connect = async (isPolite = false) => {
    const clients = fork(
      new URL('./fanout-clients.ts', import.meta.url),
      isPolite ? { execPath: 'nice', execArgv: ['-n', '19', process.execPath] } : {},
    );
    children.push(clients);
    await message(clients);
    return clientsOf(clients, url);
  };
  return {
    ...(await connect()),
    /** Clients in one more process. One that `isPolite` takes only the CPU that the others leave. */
    connect,
    server: (request: ServerRequest) => void server.send(request),
    async listeners(): Promise<number> {
      const response = await fetch(`${url}/graphql`, {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: '{"query":"{ status { listeners } }"}',
      });
      const { data } = (await response.json()) as { data: { status: { listeners: number } } };
      return data.status.listeners;
    },
    async measure() {
      const answer = message(server);
      server.send({ ask: 'measure' } satisfies ServerRequest);
      return (await answer) as { cpu: number; rss: number; heapUsed: number };
    },
    async [Symbol.asyncDispose]() {
      const left = children.filter(({ exitCode }) => exitCode === null);
      const gone = left.map((child) => once(child, 'exit'));
      for (const child of left) child.kill('SIGKILL');
      await Promise.all(gone);
    },
  };
}

function clientsOf(clients: ChildProcess, url: string) {
  const tell = (request: ClientRequest) => void clients.send(request);
  const ask = (request: ClientRequest) => {
    const answer = message(clients);
    tell(request);
    return answer;
  };
  return {
    open: (
      path: '/graphql' | '/track',
      sockets: readonly (readonly string[])[],
      query?: string,
      resumes = false,
      atATime = 100,
    ) =>
      ask({ ask: 'open', url, path, sockets, resumes, atATime, ...(query && { query }) }).then(() =>
        delay(200),
      ),
    received: (count: number) => ask({ ask: 'received', count }),
    /** How many messages and pings have come in all. */
    async count() {
      return (await ask({ ask: 'received', count: 0 })) as { received: number; pings: number };
    },
    async latencies() {
      return ((await ask({ ask: 'latencies' })) as { latencies: number[] }).latencies;
    },
    stopReading: (socket: number) => tell({ ask: 'stop reading', socket }),
    /** Closes every socket, and resolves with the cursor of the last event. */
    async close(): Promise<string> {
      return ((await ask({ ask: 'close' })) as { cursor: string }).cursor;
    },
  };
}

/** The next message of `child`. Rejects if it ends before. */
async function message(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const end = () => ended.abort();
  child.once('exit', end);
  try {
    const [answer] = await once(child, 'message', { signal: ended.signal });
    return answer;
  } finally {
    child.off('exit', end);
  }
}

export function times<T>(count: number, make: (i: number) => T): T[] {
  return Array.from({ length: count }, (_, i) => make(i));
}

export function round(value: number, digits = 2): number {
  return Number(value.toFixed(digits));
}
