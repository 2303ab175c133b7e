// The page's one connection to the server. It carries every topic and every query, and reconnects by itself.

import { CloseCode, createClient } from 'graphql-ws';
import {
  SentimentDocument,
  type SentimentSubscription,
  StatusDocument,
  type StatusQuery,
  type TypedDocumentString,
} from '../../schema/operations.ts';
import { BatchingSocket, isSlowed } from './batching-socket.ts';
import { hurry, waitToRetry } from './retry.ts';
import { ServerClock } from './server-clock.ts';
import { createOperations, type Variables } from './server-operations.ts';

export type ConnectionState =
  | { readonly name: 'connecting' }
  /** `recovered` is when it reconnected, in milliseconds since 1970. A slow page sends its messages one at a time. */
  | { readonly name: 'open'; readonly recovered?: number; readonly isSlow?: boolean }
  /** `heardAt` is when the last message came, in milliseconds since 1970. */
  | { readonly name: 'lost'; readonly heardAt: number }
  /** The server requires a token, or another one. */
  | { readonly name: 'locked'; readonly reason: string }
  /** The server rejected the connection, and trying again would not help. */
  | { readonly name: 'failed'; readonly reason: string };

/** What the server says about the events before one: that none of them is missing, or that some may be. */
export type Notice = 'recovered' | 'gap';

interface Follower {
  event(event: SentimentSubscription['sentiment'], notice: Notice | undefined): void;
  /** So many events were dropped. */
  dropped(count: number): void;
  /** The server does not follow this track. No event comes until it is accepted. */
  rejected(reason: string): void;
  /** The server follows the track after all. */
  accepted(): void;
}

export type Connection = ReturnType<typeof connect>;

/** How long the server may be silent before the page pings it, in milliseconds. */
const KEEP_ALIVE = 10_000;
/** As many events as the server sends at most of those before a track was followed. */
const BEGIN_WITH = 100;
/** How long the server may take to answer a ping, in milliseconds. */
const ANSWER_TIME = 5000;

/** `token` is for servers that require one. */
export function connect(token: string | undefined, onState: (state: ConnectionState) => void) {
  let broken = false;
  let answerTimer: ReturnType<typeof setTimeout> | undefined;
  let isOpen = false;
  const clock = new ServerClock();
  let heardAt = 0;
  const client = createClient({
    url: new URL('/graphql', location.href.replace(/^http/, 'ws')).href,
    webSocketImpl: BatchingSocket,
    lazy: false,
    keepAlive: KEEP_ALIVE,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: waitToRetry,
    ...(token !== undefined && { connectionParams: { authorization: `Bearer ${token}` } }),
    // A failed connection is a plain error event, which graphql-ws would not retry.
    shouldRetry: (error) => !isForbidden(error),
    onNonLazyError: fail,
    on: {
      connected(_socket, payload) {
        isOpen = true;
        clock.set(payload?.time);
        onState({ name: 'open', isSlow: isSlowed(), ...(broken && { recovered: clock.now() }) });
      },
      closed() {
        isOpen = false;
        broken = true;
        clearTimeout(answerTimer);
        onState({ name: 'lost', heardAt });
      },
      message() {
        heardAt = clock.now();
      },
      ping(received) {
        if (!received) answerTimer = setTimeout(() => client.terminate(), ANSWER_TIME);
      },
      pong(received) {
        if (received) clearTimeout(answerTimer);
      },
    },
  });

  addEventListener('online', hurry);
  const { subscribe, ask } = createOperations(client, () => isOpen, fail);

  function fail(error: unknown): void {
    if (isForbidden(error)) {
      const asked = 'This server asks for a token';
      onState({ name: 'locked', reason: token === undefined ? asked : error.reason });
      return;
    }
    const reason = error instanceof CloseEvent && error.reason ? error.reason : 'no reason given';
    onState({ name: 'failed', reason });
  }

  /**
   * Follows a track across reconnects until the returned function is called. Begins with its newest events, and
   * resumes after the last one that came.
   */
  function follow(track: string, follower: Follower): () => void {
    let cursor: string | undefined;
    // The client reads these again whenever it reconnects.
    const variables = {
      track,
      get after() {
        return cursor;
      },
      get last() {
        return cursor === undefined ? BEGIN_WITH : undefined;
      },
    };
    return subscribe<SentimentSubscription, Extensions>(
      { query: String(SentimentDocument), variables },
      {
        ...follower,
        next({ data, extensions }) {
          const dropped = extensions?.dropped;
          if (typeof dropped === 'number') follower.dropped(dropped);
          if (!data) return;
          cursor = data.sentiment.cursor;
          follower.event(data.sentiment, noticeOf(extensions));
        },
      },
    );
  }

  /** Subscribes across reconnects until the returned function is called. */
  function watch<R, V extends Variables>(
    document: TypedDocumentString<R, V>,
    variables: V,
    hear: (data: R) => void,
    rejected: (reason: string) => void,
  ): () => void {
    return subscribe<R>(
      { query: String(document), variables },
      {
        next({ data }) {
          if (data) hear(data);
        },
        rejected,
      },
    );
  }

  async function askStatus(): Promise<StatusQuery['status'] | undefined> {
    return (await ask(StatusDocument, {}))?.status;
  }

  return { clock, follow, watch, ask, askStatus };
}

interface Extensions {
  readonly dropped?: number;
  readonly recovered?: boolean;
  readonly gap?: boolean;
}

function noticeOf(extensions: Extensions | undefined): Notice | undefined {
  if (extensions?.gap) return 'gap';
  return extensions?.recovered ? 'recovered' : undefined;
}

function isForbidden(error: unknown): error is CloseEvent {
  return error instanceof CloseEvent && error.code === CloseCode.Forbidden;
}
