// A crowd of clients that come, go, stall and misbehave, on all surfaces. A seed decides what each of them does.

import { connect, type Socket } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import { type Dice, diceOf } from '../fuzz/dice.ts';
import { textFrame } from '../fuzz/frames.ts';
import type { HonestClients, Streaming } from '../fuzz/honest.ts';
import { play } from '../fuzz/play.ts';
import { sessionOf } from '../fuzz/sessions.ts';

/** The tracks of the clients. Together they match most posts of the sample. */
export const TOPICS = [
  'coffee',
  'tea',
  'football',
  'music',
  'weather',
  'train',
  'dogs, dog',
  'pizza',
  'running, run',
  'film -bad',
  '"my phone", "new phone"',
  'rust lang, #rustlang, rust',
];

/** The shares of all clients that are not honest. */
const SHARES = { hostile: 0.25, stalled: 0.05 } as const;
/** How long a client stays, in milliseconds. */
const STAYS = { shortest: 2_000, longest: 120_000 } as const;
const STALLS = { shortest: 15_000, longest: 45_000 } as const;
/** The longest that a hostile client waits before it hangs up, in milliseconds. */
const BETWEEN_SESSIONS = 2_000;
/** So many streams that they fill the buffers of the kernel for one connection in a few seconds. */
const STALLED_STREAMS = 8;
/** How long the crowd takes to gather, in milliseconds. */
const GATHERING = 10_000;

export interface Tally {
  honest: number;
  messages: number;
  told: number;
  vanished: number;
  stalled: number;
  sessions: number;
  inputs: number;
  readonly findings: string[];
}

export function createTally(): Tally {
  return {
    honest: 0,
    messages: 0,
    told: 0,
    vanished: 0,
    stalled: 0,
    sessions: 0,
    inputs: 0,
    findings: [],
  };
}

export interface Crowd {
  readonly url: URL;
  readonly clients: HonestClients;
  readonly seed: number;
  readonly size: number;
  readonly tally: Tally;
  /** Aborted when all clients are to leave. */
  readonly signal: AbortSignal;
}

/** Resolves when all clients have left. */
export async function gather(crowd: Crowd): Promise<void> {
  await Promise.all(Array.from({ length: crowd.size }, (_, place) => attend(crowd, place)));
}

/** One place in the crowd: one client after the other. */
async function attend(crowd: Crowd, place: number): Promise<void> {
  const dice = diceOf(crowd.seed, place);
  await rest(crowd, dice.below(GATHERING));
  const kind = place / crowd.size;
  while (!crowd.signal.aborted) {
    try {
      if (kind < SHARES.stalled) await stall(crowd, dice);
      else if (kind < SHARES.stalled + SHARES.hostile) await misbehave(crowd, dice);
      else await listen(crowd, dice);
    } catch (error) {
      if (!(error instanceof Error)) throw error;
      crowd.tally.findings.push(error.message);
      // If the server fails one client, it soon fails all of them, so each reports it once a second at most.
      await rest(crowd, 1000);
    }
  }
}

async function listen(crowd: Crowd, dice: Dice): Promise<void> {
  const { tally, clients } = crowd;
  const surface = dice.pick<Streaming>(['graphql', 'sse', 'track']);
  const query = dice.pick(TOPICS);
  const client = await clients.open(surface, query);
  await rest(crowd, between(dice, STAYS));
  const { ledger, failure } = client;
  tally.honest += 1;
  tally.messages += ledger.received;
  tally.told += ledger.dropped;
  const problem = failure ?? ledger.problem;
  if (problem !== undefined) tally.findings.push(`honest on ${surface}: ${problem}`);
  if (dice.chance(0.3)) {
    tally.vanished += 1;
    client.vanish();
  } else {
    client.leave();
  }
}

async function misbehave(crowd: Crowd, dice: Dice): Promise<void> {
  const { tally, url } = crowd;
  const session = sessionOf(crowd.seed, tally.sessions);
  tally.sessions += 1;
  tally.inputs += session.inputs;
  const playing = play(session, url);
  await rest(crowd, dice.below(BETWEEN_SESSIONS));
  playing.leave();
  const problem = await playing.over;
  if (problem !== undefined) tally.findings.push(`session ${tally.sessions - 1}: ${problem}`);
}

/** Asks for more than it reads, and stays until long after the server should have evicted it. */
async function stall(crowd: Crowd, dice: Dice): Promise<void> {
  crowd.tally.stalled += 1;
  const surface = dice.pick(['graphql', 'sse'] as const);
  const { hostname, port } = crowd.url;
  const socket = connect(Number(port), hostname);
  socket.on('error', () => {});
  socket.pause();
  socket.write(surface === 'sse' ? streamRequest() : subscriptions());
  await rest(crowd, between(dice, STALLS));
  await gone(socket);
}

/** Selects nearly everything, of most topics. */
const QUERY = `subscription { sentiment(track: "${TOPICS.slice(0, 8).join(', ')}") {
  polarityIndex polarity score hashtags { tag count } post { id source url createdAt lang } } }`;

function streamRequest(): string {
  const body = JSON.stringify({ query: QUERY });
  return [
    'POST /graphql HTTP/1.1',
    'Host: localhost',
    'Content-Type: application/json',
    'Accept: text/event-stream',
    `Content-Length: ${Buffer.byteLength(body)}`,
    '',
    body,
  ].join('\r\n');
}

function subscriptions(): Buffer {
  const handshake = [
    'GET /graphql HTTP/1.1',
    'Host: localhost',
    'Connection: Upgrade',
    'Upgrade: websocket',
    'Sec-WebSocket-Version: 13',
    'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==',
    'Sec-WebSocket-Protocol: graphql-transport-ws',
    '\r\n',
  ].join('\r\n');
  const messages = Array.from({ length: STALLED_STREAMS }, (_, id) =>
    textFrame(JSON.stringify({ id: String(id), type: 'subscribe', payload: { query: QUERY } })),
  );
  const init = textFrame('{"type":"connection_init"}');
  return Buffer.concat([Buffer.from(handshake), init, ...messages]);
}

async function gone(socket: Socket): Promise<void> {
  // The server may have evicted it long ago.
  if (socket.closed) return;
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.destroy();
  await closed;
}

function between(dice: Dice, { shortest, longest }: { shortest: number; longest: number }): number {
  return shortest + dice.below(longest - shortest);
}

async function rest({ signal }: Crowd, ms: number): Promise<void> {
  await delay(ms, undefined, { signal }).catch((error) => {
    if (error.name !== 'AbortError') throw error;
  });
}
