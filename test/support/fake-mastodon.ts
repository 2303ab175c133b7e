// A stand-in for an instance of Mastodon: its streaming API over a real WebSocket, as documented, and with its faults.
// https://docs.joinmastodon.org/methods/streaming/

import {
  encodeAnswer,
  type FakeSocketServer,
  startFakeSocketServer,
} from './fake-socket-server.ts';

export interface FakeMastodonOptions {
  readonly port?: number;
  /** The only token that it accepts; undefined for an instance that asks for none. */
  readonly token?: string | undefined;
}

interface Asked {
  readonly stream: string | null;
  readonly authorization: string | undefined;
}

export interface FakeMastodon extends FakeSocketServer<Asked> {
  /** Such as `http://127.0.0.1:12345`. */
  readonly url: string;
  /** The address and headers of each accepted connection, the last one last. */
  readonly accepted: readonly {
    readonly url: string;
    readonly authorization: string | undefined;
  }[];
  /** Frames written, by what they were. */
  readonly sent: { statuses: number; others: number };
  /** Sends a new status to all connections. */
  emit(status: object): void;
  /** Tells all connections that a status was edited. */
  edit(status: object): void;
  /** Tells all connections that the status with this id was deleted. */
  delete(id: string): void;
  /** Sends the last `count` events to all connections again. */
  repeat(count: number): void;
  /** Accepts new connections from now on, and then rejects their subscriptions with this status; undefined ends it. */
  rejectStreams(status: number | undefined, error?: string): void;
}

const PATH = '/api/v1/streaming';
const STREAMS = ['public', 'public:local', 'public:remote'];
const REMEMBERED = 1000;

export async function startFakeMastodon({
  port = 0,
  token,
}: FakeMastodonOptions = {}): Promise<FakeMastodon> {
  const accepted: { url: string; authorization: string | undefined }[] = [];
  const sent = { statuses: 0, others: 0 };
  const events: { readonly event: string; readonly payload: string }[] = [];
  let rejection: string | undefined;

  const server = await startFakeSocketServer<Asked>({
    port,
    welcome({ url = '/', headers: { authorization } }) {
      const { pathname, searchParams } = new URL(url, 'ws://host');
      if (pathname !== PATH) return { answer: encodeAnswer(404, '') };
      if (token !== undefined && authorization !== `Bearer ${token}`) {
        const message =
          authorization === undefined ? 'Missing access token' : 'Invalid access token';
        return { answer: encodeAnswer(401, '', { 'X-Error-Message': message }) };
      }
      return { asks: { stream: searchParams.get('stream'), authorization } };
    },
    opened({ socket, asks: { stream, authorization } }, { url = '/' }) {
      accepted.push({ url, authorization });
      if (rejection !== undefined) socket.send(rejection);
      else if (!STREAMS.includes(stream ?? ''))
        socket.send(encodeError(400, 'Unknown stream type'));
    },
  });
  const { clients, origin } = server;

  function tell({ event, payload }: { readonly event: string; readonly payload: string }): void {
    for (const { socket, asks, stalled } of clients) {
      if (stalled || socket.readyState !== socket.OPEN) continue;
      socket.send(JSON.stringify({ stream: [asks.stream], event, payload }));
      sent[event === 'update' ? 'statuses' : 'others'] += 1;
    }
  }

  function happen(event: string, payload: string): void {
    events.push({ event, payload });
    if (events.length > REMEMBERED) events.shift();
    tell({ event, payload });
  }

  return Object.assign(server, {
    url: origin.replace('ws', 'http'),
    accepted,
    sent,
    emit: (status: object) => happen('update', JSON.stringify(status)),
    edit: (status: object) => happen('status.update', JSON.stringify(status)),
    delete: (id: string) => happen('delete', id),
    repeat(count: number) {
      for (const event of events.slice(-count)) tell(event);
    },
    rejectStreams(status: number | undefined, error = 'no') {
      rejection = status === undefined ? undefined : encodeError(status, error);
    },
  });
}

function encodeError(status: number, error: string): string {
  return JSON.stringify({ error, status });
}
