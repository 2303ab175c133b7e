// A client that resumes whenever it loses its connection, and compares what it gets with the posts that there were.

import { type Client, createClient } from 'graphql-ws';
import WebSocket from 'ws';

/** The numbers of all posts so far, by topic. */
export type Said = ReadonlyMap<string, readonly number[]>;

const QUERY = `subscription ($track: String!, $after: String) {
  sentiment(track: $track, after: $after) { cursor post { text } }
}`;
const LONGEST_WAIT_MS = 1000;

interface Message {
  readonly data?: {
    readonly sentiment: { readonly cursor: string; readonly post: { readonly text: string } };
  };
  readonly errors?: readonly { readonly message: string }[];
  readonly extensions?: {
    readonly gap?: boolean;
    readonly recovered?: boolean;
    readonly dropped?: number;
  };
}

export class ResumingClient {
  readonly topic: string;
  readonly findings: string[] = [];
  received = 0;
  resumes = 0;
  recovered = 0;
  gaps = 0;
  /** Events that the client did not get, and was told of. */
  missed = 0;
  readonly #said: Said;
  readonly #client: Client;
  #socket: WebSocket | undefined;
  #cursor: string | undefined;
  /** The index of the last event among the posts of the topic. */
  #last: number | undefined;
  #isResuming = false;

  constructor(topic: string, said: Said, pick: () => string, random: () => number) {
    this.topic = topic;
    this.#said = said;
    this.#client = createClient({
      url: () => `${pick().replace('http', 'ws')}/graphql`,
      webSocketImpl: WebSocket,
      lazy: false,
      retryAttempts: Number.POSITIVE_INFINITY,
      shouldRetry: () => true,
      retryWait: () => new Promise((resolve) => setTimeout(resolve, LONGEST_WAIT_MS * random())),
      onNonLazyError: () => {},
      on: {
        opened: (socket) => {
          this.#socket = socket as WebSocket;
        },
        connected: () => {
          if (this.#cursor !== undefined) this.#isResuming = true;
        },
      },
    });
    const cursor = () => this.#cursor;
    this.#client.subscribe(
      {
        query: QUERY,
        variables: {
          track: topic,
          get after() {
            return cursor();
          },
        },
      },
      {
        next: (message) => this.#take(message as Message),
        error: (error) => void this.findings.push(`${topic}: ended with ${JSON.stringify(error)}`),
        complete: () => void this.findings.push(`${topic}: was completed`),
      },
    );
  }

  cut(): void {
    this.#socket?.terminate();
  }

  pauseReading(ms: number): void {
    const socket = this.#socket;
    if (socket?.readyState !== WebSocket.OPEN) return;
    socket.pause();
    setTimeout(() => socket.resume(), ms);
  }

  resumeReading(): void {
    this.#socket?.resume();
  }

  /** Whether the client has got the last post of its topic. */
  hasAll(): boolean {
    return this.#last === (this.#said.get(this.topic)?.length ?? 0) - 1;
  }

  async leave(): Promise<void> {
    await this.#client.dispose();
  }

  #take({ data, errors, extensions = {} }: Message): void {
    if (data === undefined) {
      this.findings.push(`${this.topic}: ${errors?.[0]?.message}`);
      return;
    }
    const number = Number(data.sentiment.post.text.split(' ').at(-1));
    const place = this.#said.get(this.topic)?.lastIndexOf(number) ?? -1;
    const { gap = false, recovered = false, dropped = 0 } = extensions;
    if (gap) this.gaps += 1;
    if (recovered) this.recovered += 1;
    if (this.#isResuming) {
      this.#isResuming = false;
      this.resumes += 1;
      if (gap === recovered) this.#find(number, 'the first message after a resume says neither');
    }
    if (this.#last !== undefined) {
      const missing = place - this.#last - 1;
      if (missing < 0) this.#find(number, 'came again, or too late');
      else if (missing !== dropped && !gap) this.#find(number, `${missing} are missing before it`);
      if (missing > 0) this.missed += missing;
    }
    this.#last = Math.max(place, this.#last ?? -1);
    this.#cursor = data.sentiment.cursor;
    this.received += 1;
  }

  #find(number: number, what: string): void {
    this.findings.push(`${this.topic} ${number}: ${what}`);
  }
}
