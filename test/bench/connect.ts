// npm run bench -- connect: the server's CPU time for each client that comes, from its connection to its first event,
// against a bare ws server in the same run. All clients come as fast as one process can open them, and stay. The README
// says how to read it.

import { startPair } from './fanout.ts';
import { median, runParts } from './measure.ts';

const WAYS = ['senti', 'bare'] as const;
const PATHS = ['/graphql', '/track'] as const;
/** As after a deploy. */
const CLIENTS = 10_000;
/** So many come before they are counted, since code that runs for the first time is slow. */
const WARM_UP = 2000;
/** Clients of one track, which get their first event together. */
const WAVE = 500;
const ROUNDS = 3;
/** A large nursery would make all clients look free of garbage. */
const FLAGS = ['--max-semi-space-size=16'];

type Path = (typeof PATHS)[number];
type Security = 'plain' | 'full' | 'resumed';

const title = `µs of the server's CPU for each of ${CLIENTS.toLocaleString('en')} clients, from TCP to the first event`;
const part = (security: Security, name: string) => async () => ({
  title: `${title}, ${name}`,
  rows: await measure(security),
});

const PARTS = {
  plain: part('plain', 'plain'),
  tls: part('full', 'over TLS'),
  resumed: part('resumed', 'over TLS with session tickets'),
} as const;

export const run = (asked: readonly string[]) => runParts('connect', PARTS, asked);

async function measure(security: Security) {
  const costs = new Map<string, number[]>();
  for (let round = 0; round < ROUNDS; round++) {
    for (const path of PATHS) {
      for (const way of WAYS) {
        const key = `${path} ${way}`;
        costs.set(key, [...(costs.get(key) ?? []), await measureOne(way, path, security)]);
      }
    }
  }
  return PATHS.map((path) => {
    const [senti, bare] = WAYS.map((way) => median(costs.get(`${path} ${way}`) ?? []));
    const ratio = Number(((senti ?? 0) / (bare ?? 1)).toFixed(2));
    return { path, senti: Math.round(senti ?? 0), bare: Math.round(bare ?? 0), ratio };
  });
}

async function measureOne(way: (typeof WAYS)[number], path: Path, security: Security) {
  await using pair = await startPair(way, FLAGS, security !== 'plain');
  let came = 0;
  const come = async (until: number) => {
    for (; came < until; came += WAVE) {
      const track = `wave${came}`;
      const sockets = Array.from({ length: WAVE }, () => [track]);
      await pair.open(path, sockets, undefined, security === 'resumed');
      pair.server({ ask: 'publish', turns: [[`${track} @${came}`]] });
      await pair.received(came + WAVE);
    }
  };
  await come(WARM_UP);
  const before = await pair.measure();
  await come(WARM_UP + CLIENTS);
  const after = await pair.measure();
  return (after.cpu - before.cpu) / CLIENTS;
}
