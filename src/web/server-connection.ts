// The one connection to the server: every topic and every question goes over it, and it heals by itself.

import { createClient } from 'graphql-ws';
import {
  SentimentDocument,
  type SentimentSubscription,
  StatusDocument,
  type StatusQuery,
  type TypedDocumentString,
} from '../../schema/operations.ts';

export type ConnectionState =
  | { readonly name: 'connecting' }
  /** `recovered` is when it came back after a break, in milliseconds since 1970. */
  | { readonly name: 'open'; readonly recovered?: number }
  | { readonly name: 'lost' }
  /** The server asks for a token, or for another one. */
  | { readonly name: 'locked'; readonly reason: string }
  /** The server refused in a way that trying again does not mend. */
  | { readonly name: 'failed'; readonly reason: string };

export interface Follower {
  event(event: SentimentSubscription['sentiment']): void;
  /** Events that the server could not deliver. */
  missed(count: number): void;
  /** The server does not follow this track; there is nothing more to come. */
  refused(reason: string): void;
}

/** What the server may say beside an event. */
interface Extensions {
  /** Events that this listener was too slow to take since the last one it was sent. */
  readonly dropped?: number;
  readonly [name: string]: unknown;
}

export interface Connection {
  /** Follows a track across reconnects until the returned function is called. */
  follow(track: string, follower: Follower): () => void;
  /** Answers now or, if the connection breaks meanwhile, undefined. */
  askStatus(): Promise<StatusQuery['status'] | undefined>;
}

/** The close code of graphql-ws for who may not come in. */
const FORBIDDEN = 4403;
/** Waits between attempts, in milliseconds; the last one stays. */
const WAITS = [500, 1000, 2000, 4000, 8000];
/** A server that is silent for this long is asked whether it is there, … */
const KEEP_ALIVE = 10_000;
/** … and is given this long to answer. */
const ANSWER_TIME = 5000;

/** `token` is sent to a server that asks for one. */
export function connect(
  token: string | undefined,
  onState: (state: ConnectionState) => void,
): Connection {
  let broken = false;
  let answerTimer: ReturnType<typeof setTimeout> | undefined;
  let isOpen = false;
  const client = createClient({
    url: new URL('/graphql', location.href.replace(/^http/, 'ws')).href,
    lazy: false,
    keepAlive: KEEP_ALIVE,
    retryAttempts: Number.POSITIVE_INFINITY,
    retryWait: waitToRetry,
    ...(token !== undefined && { connectionParams: { authorization: `Bearer ${token}` } }),
    // A refused connection comes as a plain error event, which graphql-ws would not try again.
    shouldRetry: (problem) => !isForbidden(problem),
    onNonLazyError: fail,
    on: {
      connected() {
        isOpen = true;
        onState({ name: 'open', ...(broken && { recovered: Date.now() }) });
      },
      closed() {
        isOpen = false;
        broken = true;
        clearTimeout(answerTimer);
        onState({ name: 'lost' });
      },
      ping(received) {
        if (!received) answerTimer = setTimeout(() => client.terminate(), ANSWER_TIME);
      },
      pong(received) {
        if (received) clearTimeout(answerTimer);
      },
    },
  });

  function fail(error: unknown): void {
    if (isForbidden(error)) {
      const asked = 'This server asks for a token';
      onState({ name: 'locked', reason: token === undefined ? asked : error.reason });
      return;
    }
    const reason = error instanceof CloseEvent && error.reason ? error.reason : 'no reason given';
    onState({ name: 'failed', reason });
  }

  function follow(track: string, follower: Follower): () => void {
    let wanted = true;
    let stop = () => {};
    const subscribe = (retries: number) => {
      stop = client.subscribe<SentimentSubscription, Extensions>(
        { query: String(SentimentDocument), variables: { track } },
        {
          next({ data, errors, extensions }) {
            retries = 0;
            const dropped = extensions?.dropped;
            if (typeof dropped === 'number') follower.missed(dropped);
            if (data) follower.event(data.sentiment);
            else if (errors) follower.refused(sentence(errors));
          },
          error(error) {
            if (Array.isArray(error)) follower.refused(sentence(error));
            else fail(error);
          },
          // A server that goes away may end its streams first. They are still wanted.
          async complete() {
            if (!wanted) return;
            await waitToRetry(retries);
            if (wanted) subscribe(retries + 1);
          },
        },
      );
    };
    subscribe(0);
    return () => {
      wanted = false;
      stop();
    };
  }

  return {
    follow,
    askStatus: async () => {
      if (!isOpen) return undefined;
      return (await ask(StatusDocument))?.status;
    },
  };

  function ask<Result extends object>(
    document: TypedDocumentString<Result, Record<string, never>>,
  ): Promise<Result | undefined> {
    return new Promise((resolve) => {
      let answer: Result | undefined;
      client.subscribe<Result>(
        { query: String(document) },
        {
          next: ({ data }) => {
            answer = data ?? undefined;
          },
          error: () => resolve(undefined),
          complete: () => resolve(answer),
        },
      );
    });
  }
}

function isForbidden(problem: unknown): problem is CloseEvent {
  return problem instanceof CloseEvent && problem.code === FORBIDDEN;
}

/** Waits longer with every attempt, and no longer than until the machine is online again. */
function waitToRetry(retries: number): Promise<void> {
  const most = WAITS[Math.min(retries, WAITS.length - 1)] ?? 0;
  return new Promise((resolve) => {
    // A different share of it for everybody, so that a thousand pages don't come back at once.
    setTimeout(resolve, most * (0.5 + Math.random() / 2));
    addEventListener('online', () => resolve(), { once: true });
  });
}

function sentence(errors: readonly { readonly message: string }[]): string {
  return errors.map(({ message }) => message).join(' ') || 'The server gave no reason.';
}
