// npm run bench -- brokers: Senti beside brokers that know nothing of posts, at the same rates with the same clients.

import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';
import { ask, type Running } from './brokers-process.ts';
import { MESSAGE, WAYS, type Way } from './brokers-ways.ts';
import { mediansOf, round } from './fanout.ts';
import { runParts } from './measure.ts';
import { cpuOf, memoryOf } from './process-cost.ts';

const SOCKETS = 500;
const RATES = [100, 1000, 5000] as const;
/** Machines are noisy: the brokers take turns, and the median counts. */
const ROUNDS = 3;
/** How long events come before the measuring and during it, in milliseconds. */
const WARM_UP = 2000;
const MEASURED = 5000;
/** What the first sockets bring is there for good. */
const FIRST_SOCKETS = 100;
const IDLE_SOCKETS = 2000;
/** How long an event may take to reach all sockets of an idle broker, in milliseconds. */
const SETTLES = 300;

const PARTS = {
  ...Object.fromEntries(RATES.map((rate) => [`${rate}/s`, () => measureRate(rate)])),
  memory: async () => ({
    title: `kB of memory for each of ${IDLE_SOCKETS} idle sockets`,
    rows: await compare(measureMemory),
  }),
};

export async function run(asked: readonly string[]): Promise<void> {
  for (const [name, { missing }] of Object.entries(WAYS)) {
    const install = missing();
    if (install !== undefined) {
      process.stdout.write(`${name} is skipped: install the Debian package ${install}\n\n`);
    }
  }
  await runParts('brokers', PARTS, asked);
}

async function measureRate(rate: number) {
  return {
    title: `${SOCKETS} sockets, ${rate.toLocaleString('en')} events a second of ${MESSAGE.length} bytes`,
    rows: await compare((way) => measureLoad(way, rate), ROUNDS),
  };
}

async function compare<Found extends Readonly<Record<string, number>>>(
  measure: (way: Way) => Promise<Found>,
  rounds = 1,
) {
  const ways = Object.entries(WAYS).filter(([, { missing }]) => missing() === undefined);
  const found = new Map<string, Found[]>(ways.map(([name]) => [name, []]));
  for (let round = 0; round < rounds; round++) {
    for (const [name, way] of ways) found.get(name)?.push(await measure(way));
  }
  return [...found].map(([broker, all]) => ({ broker, ...mediansOf(all) }));
}

async function measureLoad(way: Way, rate: number) {
  await using broker = await way.start();
  await using clients = await startClients(broker);
  const bytesOfOne = await clients.open(SOCKETS);
  const play = async (ms: number) => {
    const start = performance.now();
    for (let sent = 0; performance.now() < start + ms; await delay(1)) {
      const due = Math.floor(((performance.now() - start) * rate) / 1000) - sent;
      if (due > 0) broker.publish(due);
      sent += due;
    }
  };
  const look = async () => ({
    cpu: cpuOf(broker.pid),
    bytes: await clients.bytes(),
    at: performance.now(),
  });
  await play(WARM_UP);
  const before = await look();
  await play(MEASURED);
  const after = await look();
  const messages = (after.bytes - before.bytes) / bytesOfOne;
  const seconds = (after.at - before.at) / 1000;
  return {
    'µs of CPU a message': round((1000 * (after.cpu - before.cpu)) / messages),
    'delivered a second': Math.round(messages / seconds),
    '% delivered': round((100 * messages) / (seconds * rate * SOCKETS), 0),
    cores: round((after.cpu - before.cpu) / 1000 / seconds),
  };
}

async function measureMemory(way: Way) {
  await using broker = await way.start();
  await using clients = await startClients(broker);
  await clients.open(FIRST_SOCKETS);
  const before = memoryOf(broker.pid);
  await clients.open(IDLE_SOCKETS);
  return { 'kB a socket': round((memoryOf(broker.pid) - before) / IDLE_SOCKETS / 1000, 1) };
}

async function startClients(broker: Running) {
  const child = fork(new URL('./brokers-clients.ts', import.meta.url));
  await once(child, 'message');
  const bytes = async () => ((await ask(child, { ask: 'bytes' })) as { bytes: number }).bytes;
  let sockets = 0;
  return {
    bytes,
    /** Opens sockets, sees that an event reaches all, and returns how many bytes it is for each. */
    async open(count: number): Promise<number> {
      sockets += count;
      await ask(child, { ask: 'open', ...broker.door, count });
      for (;;) {
        const before = await bytes();
        broker.publish(1);
        await delay(SETTLES);
        const got = (await bytes()) - before;
        if (got >= MESSAGE.length * sockets && got % sockets === 0) return got / sockets;
      }
    },
    async [Symbol.asyncDispose]() {
      const gone = once(child, 'exit');
      child.kill('SIGKILL');
      await gone;
    },
  };
}
