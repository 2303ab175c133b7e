// Part of npm run bench -- history: a thousand clients that reconnect at once, each with events to catch up on, and
// what the clients notice that were there all the time.

import { setTimeout as delay } from 'node:timers/promises';
import { round, startPair, times } from './fanout.ts';
import { median } from './measure.ts';

const CLIENTS = 1000;
const MISSED = 200;
const BYSTANDERS = 50;
const EVERY_MS = 10;
/** How long bystanders are watched while nothing happens, in events. */
const USUAL_EVENTS = 400;
const ROUNDS = 3;

const FIELDS = '{ cursor polarityIndex hashtags { tag count } post { id } }';
const LIVE = `subscription ($track: String!) { sentiment(track: $track) ${FIELDS} }`;
const after = (cursor: string) =>
  `subscription ($track: String!) { sentiment(track: $track, after: "${cursor}") ${FIELDS} }`;

export async function measureResume() {
  const rounds: Awaited<ReturnType<typeof measure>>[] = [];
  const bare: Awaited<ReturnType<typeof measureConnecting>>[] = [];
  for (let i = 0; i < ROUNDS; i++) {
    rounds.push(await measure());
    bare.push(await measureConnecting());
  }
  const of = (name: 'seconds' | 'bareSeconds' | 'recovered' | 'live') =>
    median(rounds.map((found) => found[name]));
  // Of all rounds: the p99 of the sixty events of one round is just its slowest event.
  const p99 = (latencies: readonly number[]) => {
    const sorted = latencies.toSorted((a, b) => a - b);
    return round((sorted[Math.floor(0.99 * sorted.length)] ?? Number.NaN) / 1e6);
  };
  const rows = [
    {
      'until all are live (s)': round(of('seconds')),
      'the same without events (s)': round(of('bareSeconds')),
      'µs a recovered event': round(of('recovered')),
      'µs a live event': round(of('live')),
      'p99 usually (ms)': p99(rounds.flatMap(({ usual }) => usual)),
      'p99 as all connect (ms)': p99(rounds.flatMap(({ connecting }) => connecting)),
      'p99 as all resume (ms)': p99(rounds.flatMap(({ resuming }) => resuming)),
      'usually, ws alone (ms)': p99(bare.flatMap(({ usual }) => usual)),
      'as all connect, ws alone (ms)': p99(bare.flatMap(({ connecting }) => connecting)),
    },
  ];
  return { title: `${CLIENTS} clients resume at once, each ${MISSED} events behind`, rows };
}

async function measure() {
  await using pair = await startPair('senti');
  const { crowd, coffee, say, watch, timed } = await startCrowd(pair);
  await crowd.open('/graphql', coffee, LIVE);
  // Warms up, so that the first way is not measured against a colder server.
  say(MISSED);
  await crowd.received(MISSED * CLIENTS);
  const liveFrom = await pair.measure();
  say(MISSED);
  await crowd.received(2 * MISSED * CLIENTS);
  const live = ((await pair.measure()).cpu - liveFrom.cpu) / (MISSED * CLIENTS);
  const cursor = await crowd.close();
  const usual = await watch(delay(USUAL_EVENTS * EVERY_MS));
  const bare = await timed(LIVE, 0);
  await crowd.close();
  say(MISSED);
  await delay(500);
  const resumed = await timed(after(cursor), MISSED * CLIENTS);
  return {
    seconds: resumed.seconds,
    bareSeconds: bare.seconds,
    recovered: (resumed.cpu - bare.cpu) / (MISSED * CLIENTS),
    live,
    usual,
    connecting: bare.latencies,
    resuming: resumed.latencies,
  };
}

/** What bystanders of a server notice that only accepts the crowd, after the same warm-up. */
async function measureConnecting() {
  await using pair = await startPair('bare');
  const { crowd, coffee, say, watch, timed } = await startCrowd(pair);
  await crowd.open('/graphql', coffee, LIVE);
  say(2 * MISSED);
  await crowd.received(2 * MISSED * CLIENTS);
  await crowd.close();
  const usual = await watch(delay(USUAL_EVENTS * EVERY_MS));
  const { latencies } = await timed(LIVE, 0);
  return { usual, connecting: latencies };
}

async function startCrowd(pair: Awaited<ReturnType<typeof startPair>>) {
  const coffee = times(CLIENTS, () => ['coffee']);
  // Clients have machines of their own. Here they would take the server's CPU and that of the bystanders.
  const crowd = await pair.connect(true);
  const bystanders = await pair.connect();
  await bystanders.open(
    '/graphql',
    times(BYSTANDERS, () => ['tea']),
  );
  let said = 0;
  const say = (count: number) => {
    const turns = times(count, () => [`coffee #bean @${said++}`]);
    pair.server({ ask: 'publish', turns });
  };
  /** How long each event took to each bystander while `work` went on, in nanoseconds. */
  const watch = async (work: Promise<unknown>) => {
    await bystanders.latencies();
    let isOver = false;
    void work.then(() => {
      isOver = true;
    });
    while (!isOver) {
      pair.server({ ask: 'publish', turns: [[`tea @t${process.hrtime.bigint()}`]] });
      await delay(EVERY_MS);
    }
    await delay(100);
    return bystanders.latencies();
  };
  const timed = async (query: string, events: number) => {
    const before = { ...(await pair.measure()), ...(await crowd.count()) };
    const start = performance.now();
    let seconds = 0;
    const latencies = await watch(
      (async () => {
        await crowd.open('/graphql', coffee, query, false, CLIENTS);
        if (events > 0) await crowd.received(before.received + events);
        seconds = (performance.now() - start) / 1000;
      })(),
    );
    return { cpu: (await pair.measure()).cpu - before.cpu, seconds, latencies };
  };
  return { crowd, coffee, say, watch, timed };
}
