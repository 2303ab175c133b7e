// npm run soak -- [--minutes 60] [--clients 500] [--rate 500] [--seed N] [--every SECONDS] [-- options of the server]:
// a real server and a crowd of clients. It prints the memory of the server minute by minute, and whether it stays flat.

import { parseArgs } from 'node:util';
import { played } from '../fuzz/expected.ts';
import { HonestClients } from '../fuzz/honest.ts';
import { startInspected } from '../support/inspected.ts';
import { createTally, gather, TOPICS } from './crowd.ts';
import { type Point, slopeOf } from './slope.ts';

const MEBIBYTE = 2 ** 20;
/** The share of the samples that does not count, because the crowd still gathers and caches still fill. */
const SETTLING = 0.25;
const MAX_FINDINGS_SHOWN = 20;

const { values, positionals } = parseArgs({
  options: {
    minutes: { type: 'string', default: '60' },
    clients: { type: 'string', default: '500' },
    rate: { type: 'string', default: '500' },
    seed: { type: 'string', default: '1' },
    every: { type: 'string', default: '60' },
  },
  allowPositionals: true,
});
const [minutes, size, rate] = [values.minutes, values.clients, values.rate].map(Number) as [
  number,
  number,
  number,
];
const seed = Number(values.seed);
const every = Number(values.every) * 1000;

const server = await startInspected([...played(rate), ...positionals]);
const clients = new HonestClients(server.url, TOPICS);
// It keeps the replay running to the end, and its ids show clients on /track where the replay is.
const witness = await clients.open('graphql', TOPICS[0] ?? '');
const stop = new AbortController();
const tally = createTally();
const crowd = gather({ url: server.url, clients, seed, size, tally, signal: stop.signal });
const start = performance.now();
const heap: Point[] = [];

say(
  'minute',
  'heap MiB',
  'RSS MiB',
  'files',
  'listeners',
  'delivered',
  'dropped',
  'evicted',
  'honest',
  'inputs',
  'findings',
);
for (let next = every; next <= minutes * 60_000 && server.ended === undefined; next += every) {
  await new Promise((resolve) => setTimeout(resolve, start + next - performance.now()));
  await sample();
}
stop.abort();
await crowd;
// Only the witness is left, so memory that is still in use now has leaked, or is a cache.
const left = server.ended === undefined ? await sample() : undefined;
heap.pop();

const findings = [...tally.findings, ...server.complaints];
if (witness.failure ?? witness.ledger.problem) {
  findings.push(`the witness: ${witness.failure ?? witness.ledger.problem}`);
}
if (server.ended !== undefined) findings.push(server.ended);
const slope = slopeOf(heap.slice(Math.floor(heap.length * SETTLING)));
const kibibytes = (slope.perMinute / 1024).toFixed(1);
process.stdout.write(`${findings.slice(0, MAX_FINDINGS_SHOWN).join('\n')}\n`);
process.stdout.write(
  `heap after collection, last three quarters: ${(slope.mean / MEBIBYTE).toFixed(1)} MiB, ` +
    `${kibibytes} KiB a minute: ${slope.isFlat ? 'flat' : 'NOT flat'}\n`,
);
witness.leave();
await server.stop();
const { findings: _, ...counts } = tally;
const summary = {
  seed,
  minutes,
  clients: size,
  rate,
  flat: slope.isFlat,
  kibibytesAMinute: Number(kibibytes),
  heapMiB: mebibytes(slope.mean),
  heapAfterwardsMiB: left && mebibytes(left.heap),
  witnessed: witness.ledger.received,
  ...counts,
  findings: findings.length,
};
process.stdout.write(`${JSON.stringify({ soak: summary })}\n`);
process.exitCode = slope.isFlat && findings.length === 0 ? 0 : 1;

async function sample() {
  const { heap: used, rss, files } = await server.measure();
  const { listeners, eventsDelivered, eventsDropped } = await status();
  const passed = (performance.now() - start) / 60_000;
  heap.push({ minutes: passed, value: used });
  say(
    passed.toFixed(1),
    mebibytes(used),
    mebibytes(rss),
    files,
    listeners,
    eventsDelivered,
    eventsDropped,
    server.evictions,
    tally.honest,
    tally.inputs,
    tally.findings.length + server.complaints.length,
  );
  return { heap: used };
}

interface Status {
  readonly listeners: number;
  readonly eventsDelivered: number;
  readonly eventsDropped: number;
}

async function status(): Promise<Status> {
  const response = await fetch(new URL('/graphql', server.url), {
    method: 'POST',
    headers: { 'content-type': 'application/json', accept: 'application/json' },
    body: '{"query":"{ status { listeners eventsDelivered eventsDropped } }"}',
  });
  return (await response.json()).data.status;
}

function mebibytes(bytes: number): number {
  return Number((bytes / MEBIBYTE).toFixed(2));
}

function say(...cells: readonly (string | number)[]): void {
  process.stdout.write(`${cells.map((cell) => String(cell).padStart(10)).join(' ')}\n`);
}
