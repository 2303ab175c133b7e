// The receiving half of the fan-out benchmark, in a process of its own: opens sockets and counts.

import { once } from 'node:events';
import { TLSSocket } from 'node:tls';
import WebSocket from 'ws';

/** What the benchmark asks of this process. */
export type Request =
  | {
      readonly ask: 'open';
      readonly url: string;
      readonly path: '/graphql' | '/track';
      /** For each socket, the tracks it subscribes to. */
      readonly sockets: readonly (readonly string[])[];
      readonly query?: string;
      /** Whether each connection resumes the session of the first one, over TLS. */
      readonly resumes?: boolean;
      /** How many connect at the same time. */
      readonly atATime: number;
    }
  /** Answered as soon as so many messages have come in all, with their number and that of pings. */
  | { readonly ask: 'received'; readonly count: number }
  | { readonly ask: 'stop reading'; readonly socket: number }
  | { readonly ask: 'latencies' }
  | { readonly ask: 'close' };

const QUERY =
  'subscription ($track: String!) { sentiment(track: $track) { polarityIndex hashtags { tag count } post { id } } }';

let sockets: WebSocket[] = [];
/** The ticket of the first connection over TLS. */
let session: Buffer | undefined;
/** The last message that came. */
let last: Buffer | undefined;
let received = 0;
let pings = 0;
let waiting: { readonly count: number } | undefined;
let latencies: number[] = [];

function onMessage(data: WebSocket.RawData): void {
  const bytes = data as Buffer;
  // A time in nanoseconds, where the benchmark put one into the id of the post.
  const at = bytes.indexOf('"id":"t');
  if (at !== -1) {
    const sent = bytes.toString('latin1', at + 7, bytes.indexOf('"', at + 7));
    latencies.push(Number(process.hrtime.bigint() - BigInt(sent)));
  }
  received += 1;
  last = bytes;
  answer();
}

function answer(): void {
  if (waiting === undefined || received < waiting.count) return;
  waiting = undefined;
  process.send?.({ received, pings });
}

async function open(
  url: string,
  path: string,
  tracks: readonly string[],
  query: string,
  resumes: boolean,
): Promise<void> {
  const isGraphQL = path === '/graphql';
  const ticket = resumes ? session : undefined;
  const socket = new WebSocket(
    url.replace('http', 'ws') + path,
    isGraphQL ? 'graphql-transport-ws' : [],
    { rejectUnauthorized: false, ...(ticket && { session: ticket }) },
  );
  sockets.push(socket);
  socket.once('upgrade', ({ socket: connection }) => {
    if (!(connection instanceof TLSSocket)) return;
    if (ticket && !connection.isSessionReused()) throw new Error('not resumed');
    // Its ticket has come before the answer to the handshake.
    session ??= connection.getSession();
  });
  await once(socket, 'open');
  if (isGraphQL) {
    socket.send('{"type":"connection_init"}');
    await once(socket, 'message');
  }
  socket.on('message', onMessage);
  socket.on('ping', () => {
    pings += 1;
  });
  socket.on('error', () => {});
  for (const track of tracks) {
    const payload = { query, variables: { track } };
    socket.send(
      JSON.stringify(
        isGraphQL ? { id: crypto.randomUUID(), type: 'subscribe', payload } : { track },
      ),
    );
  }
}

process.on('message', async (request: Request) => {
  switch (request.ask) {
    case 'open': {
      const { url, path, sockets: wanted, query = QUERY, resumes = false, atATime } = request;
      for (let i = 0; i < wanted.length; i += atATime) {
        await Promise.all(
          wanted.slice(i, i + atATime).map((tracks) => open(url, path, tracks, query, resumes)),
        );
      }
      process.send?.({ opened: wanted.length });
      return;
    }
    case 'received':
      waiting = { count: request.count };
      answer();
      return;
    case 'stop reading':
      sockets[request.socket]?.pause();
      return;
    case 'close': {
      const gone = sockets.map((socket) => once(socket, 'close'));
      for (const socket of sockets) socket.close();
      await Promise.all(gone);
      sockets = [];
      const [, cursor] = /"cursor":"([\w-]+)"/.exec(String(last)) ?? [];
      process.send?.({ cursor });
      return;
    }
    case 'latencies':
      process.send?.({ latencies });
      latencies = [];
  }
});
process.send?.({ ready: true });
