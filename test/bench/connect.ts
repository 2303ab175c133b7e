// npm run bench -- connect: the server's CPU time for each client that comes, from its connection to its first event,
// against a bare ws server, and one that speaks graphql-ws, in the same run. All clients come as fast as one process can
// open them, and stay. The README says how to read it.

import { setTimeout as delay } from 'node:timers/promises';
import { PING_EVERY } from '../../src/api/socket/heartbeat.ts';
import { mediansOf, round, startPair, times } from './fanout.ts';
import { runParts } from './measure.ts';

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
type Way = 'senti' | 'graphql-ws' | 'bare';
type Security = 'plain' | 'full' | 'resumed';

/** In microseconds for each client. */
interface Costs extends Readonly<Record<string, number>> {
  readonly senti: number;
  /** NaN on `/track`. */
  readonly library: number;
  readonly bare: number;
  /** Of Senti, which pings clients while others come. They are no part of `senti`. */
  readonly pings: number;
}

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
  const found: Record<Path, Costs[]> = { '/graphql': [], '/track': [] };
  for (let i = 0; i < ROUNDS; i++) {
    for (const path of PATHS) found[path].push(await measurePath(path, security));
  }
  return PATHS.map((path) => {
    const { senti, library, bare, pings } = mediansOf(found[path]);
    const others = path === '/graphql' ? library : bare;
    return {
      path,
      senti: round(senti, 0),
      'graphql-ws': path === '/graphql' ? round(library, 0) : undefined,
      bare: round(bare, 0),
      ours: round(senti - others, 0),
      'pings besides': round(pings, 0),
    };
  });
}

async function measurePath(path: Path, security: Security): Promise<Costs> {
  const { coming: senti, pings } = await measureOne('senti', path, security);
  const isGraphQL = path === '/graphql';
  const library = isGraphQL ? (await measureOne('graphql-ws', path, security)).coming : Number.NaN;
  const { coming: bare } = await measureOne('bare', path, security);
  return { senti, library, bare, pings };
}

async function measureOne(way: Way, path: Path, security: Security) {
  await using pair = await startPair(way, FLAGS, security !== 'plain');
  const during = async (work: () => Promise<void>) => {
    const { cpu } = await pair.measure();
    const { pings } = await pair.count();
    await work();
    const count = await pair.count();
    const after = await pair.measure();
    return { cpu: after.cpu - cpu, pings: count.pings - pings };
  };
  let came = 0;
  const come = async (until: number) => {
    for (; came < until; came += WAVE) {
      const track = `wave${came}`;
      const sockets = times(WAVE, () => [track]);
      await pair.open(path, sockets, undefined, security === 'resumed');
      pair.server({ ask: 'publish', turns: [[`${track} @${came}`]] });
      await pair.received(came + WAVE);
    }
  };
  await come(WARM_UP);
  const rush = await during(() => come(WARM_UP + CLIENTS));
  if (rush.pings === 0) return { coming: rush.cpu / CLIENTS, pings: 0 };
  // Now that nobody comes, there are only pings.
  const rest = await during(() => delay(PING_EVERY));
  const pings = (rest.cpu / rest.pings) * rush.pings;
  return { coming: (rush.cpu - pings) / CLIENTS, pings: pings / CLIENTS };
}
