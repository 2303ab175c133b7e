// Honest clients: they do as the documentation says, read everything, and enter it in a ledger.

import { once } from 'node:events';
import { type IncomingMessage, request } from 'node:http';
import { createInterface } from 'node:readline';
import WebSocket from 'ws';
import { Sample } from './expected.ts';
import { Ledger } from './ledger.ts';
import type { Surface } from './session.ts';

const OPERATION =
  'subscription ($track: String!) { sentiment(track: $track) { post { id } score hashtags { tag } } }';

export type Streaming = Exclude<Surface, 'post'>;

export interface Honest {
  readonly surface: Streaming;
  readonly ledger: Ledger;
  /** Why the connection was lost; undefined while it lasts, and after the client has left. */
  readonly failure: string | undefined;
  /** Resolves when one more message has come; rejects when the connection is lost first. */
  next(): Promise<void>;
  leave(): void;
  /** Leaves without a close. */
  vanish(): void;
}

/** The honest clients of one server. They share what they know of the posts that it plays. */
export class HonestClients {
  readonly #url: URL;
  readonly #sample: Sample;
  readonly #newest = { n: 0 };

  constructor(url: URL, queries: readonly string[]) {
    this.#url = url;
    this.#sample = new Sample(queries);
  }

  /** Resolves with the first message. The first client must be one that gets ids, so that those on /track find their place. */
  async open(surface: Streaming, query: string): Promise<Honest> {
    const ledger = new Ledger(query, this.#sample, this.#newest);
    const client =
      surface === 'sse' ? this.#openSse(query, ledger) : this.#openSocket(surface, query, ledger);
    const honest = await client;
    await honest.next();
    return honest;
  }

  async #openSocket(surface: 'graphql' | 'track', query: string, ledger: Ledger): Promise<Honest> {
    const address = `${this.#url.origin.replace('http', 'ws')}/${surface}`;
    const socket = new WebSocket(address, surface === 'graphql' ? 'graphql-transport-ws' : []);
    const arrivals = new Arrivals();
    socket.on('error', (error) => arrivals.fail(`${surface}: ${error.message}`));
    socket.on('close', (code, reason) => arrivals.fail(`${surface} closed with ${code} ${reason}`));
    await Promise.race([once(socket, 'open'), arrivals.next()]);
    const variables = { track: query };
    socket.on('message', (data) => {
      const text = String(data);
      if (surface === 'track') ledger.enterTrack(text);
      else {
        const { type, payload } = JSON.parse(text);
        if (type === 'connection_ack') return subscribe();
        if (type !== 'next') return arrivals.fail(`graphql: ${text}`);
        ledger.enterResult(payload);
      }
      arrivals.tell();
    });
    function subscribe(): void {
      socket.send(
        JSON.stringify({ id: 'h', type: 'subscribe', payload: { query: OPERATION, variables } }),
      );
    }
    socket.send(JSON.stringify(surface === 'track' ? variables : { type: 'connection_init' }));
    return arrivals.client(
      surface,
      ledger,
      () => socket.close(),
      () => socket.terminate(),
    );
  }

  async #openSse(query: string, ledger: Ledger): Promise<Honest> {
    const outgoing = request(new URL('/graphql', this.#url), {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream' },
      agent: false,
    });
    const arrivals = new Arrivals();
    outgoing.on('error', (error) => arrivals.fail(`sse: ${error.message}`));
    outgoing.end(JSON.stringify({ query: OPERATION, variables: { track: query } }));
    outgoing.once('response', (response: IncomingMessage) => {
      response.on('close', () => arrivals.fail(`sse: ended, after ${response.statusCode}`));
      const lines = createInterface(response);
      // The close reports the end of the stream.
      lines.on('error', () => {});
      lines.on('line', (line) => {
        if (!line.startsWith('data: {')) return;
        ledger.enterResult(JSON.parse(line.slice('data: '.length)));
        arrivals.tell();
      });
    });
    const leave = () => void outgoing.destroy();
    return arrivals.client('sse', ledger, leave, leave);
  }
}

/** Lets a test wait for the next message of a client. */
class Arrivals {
  #left = false;
  #next = Promise.withResolvers<void>();
  #failure: string | undefined;

  tell(): void {
    this.#next.resolve();
    this.#next = Promise.withResolvers();
  }

  fail(why: string): void {
    if (!this.#left) this.#failure ??= why;
    // Nothing may be waiting for the rejection.
    this.#next.promise.catch(() => {});
    this.#next.reject(new Error(why));
  }

  next(): Promise<void> {
    return this.#failure === undefined
      ? this.#next.promise
      : Promise.reject(new Error(this.#failure));
  }

  client(surface: Streaming, ledger: Ledger, leave: () => void, vanish: () => void): Honest {
    const failure = () => this.#failure;
    const leaving = (how: () => void) => () => {
      this.#left = true;
      how();
    };
    return {
      surface,
      ledger,
      get failure() {
        return failure();
      },
      next: () => this.next(),
      leave: leaving(leave),
      vanish: leaving(vanish),
    };
  }
}
