// One instance of Mastodon: a connection to its public stream that is made again, by a schedule, when it ends.

import type { Clock } from '../../base/clock.ts';
import { backoff, type Schedule } from '../backoff.ts';
import { type ConnectionState, Reconnector } from '../reconnector.ts';
import { connectSocket, type Loss, type SocketConnection } from '../socket-connection.ts';
import { explainStatus, type Failure } from './instance-failure.ts';
import { readEvent, type StreamingEvent } from './streaming-event.ts';

interface InstanceOptions {
  /** The address of the instance or of its streaming server, as `https:` or `wss:`. */
  readonly url: string;
  /** Empty for an instance that needs none. */
  readonly token: string;
  readonly clock: Clock;
  readonly random: () => number;
  onEvent(event: Extract<StreamingEvent, { kind: 'post' | 'deleted' }>): void;
  onBad(reason: string): void;
  /** Posts may be missing: an instance sends nothing again. */
  onGap(): void;
  onState(state: ConnectionState<Failure>): void;
}

/** A status takes some kB. An instance cannot be asked for smaller frames. */
export const MAX_FRAME_BYTES = 1024 * 1024;
/**
 * How long pings alone keep a connection. A streaming server that has lost its database goes on answering them, and
 * nothing tells it from a quiet one. Each new connection is a gap, so this is long.
 */
export const LONGEST_WITHOUT_FRAME_MS = 15 * 60_000;
const RETRIES: Schedule = { first: 1000, factor: 2, step: 0, most: 60_000 };
/** The path on every server that speaks the API of Mastodon. */
const PATH = '/api/v1/streaming';

export class Instance {
  readonly #options: InstanceOptions;
  readonly #address: URL;
  readonly #reconnector: Reconnector<Failure>;
  /** The last one, which may have ended. */
  #connection: SocketConnection | undefined;
  /** Undefined while it is closed. */
  #state: ConnectionState<Failure> | undefined;
  /** Connections in a row that brought nothing, and did not even answer a ping. */
  #failures = 0;
  /** This connection brought something. */
  #works = false;
  /** Once it is live, posts may be missing: it was live before, or could not be reached while others were. */
  #mayLackPosts = false;

  constructor(options: InstanceOptions) {
    const { url, clock, random } = options;
    this.#options = options;
    this.#address = streamOf(url);
    this.#reconnector = new Reconnector<Failure>({
      clock,
      connect: ({ live, fail }) => this.#connect(live, fail),
      retry: ({ restMs }) => ({
        wait:
          restMs === undefined
            ? backoff(RETRIES, this.#failures++, random)
            : backoff({ first: restMs, factor: 1, step: 0, most: restMs }, 0, random),
      }),
      onState: (state) => {
        this.#state = state;
        if (typeof state === 'object') this.#mayLackPosts = true;
        options.onState(state);
      },
    });
  }

  /** Whether the post with this `uri` was made on this instance, whose streaming may have a host of its own. */
  isHomeOf(uri: string): boolean {
    const host = URL.parse(uri)?.host ?? '';
    return host !== '' && `.${this.#address.host}`.endsWith(`.${host}`);
  }

  /** Connects as soon as the schedule allows it. */
  open(): void {
    this.#mayLackPosts = false;
    this.#reconnector.open();
  }

  /** Reports nothing more until it is opened again. Resolves when its socket is gone. */
  async close(): Promise<void> {
    const isWasted = typeof this.#state === 'string' && !this.#works;
    const reason = `${this.#address.host} had brought nothing when the last listener left`;
    this.#state = undefined;
    this.#reconnector.close(isWasted ? { reason } : undefined);
    await this.#connection?.close();
  }

  #connect(live: () => void, fail: (failure: Failure) => void): () => void {
    const { token, clock, onBad, onGap } = this.#options;
    const { host, href } = this.#address;
    this.#works = false;
    const connection = connectSocket(
      href,
      {
        // In the address, proxies would log it.
        headers: token === '' ? {} : { Authorization: `Bearer ${token}` },
        maxFrameBytes: MAX_FRAME_BYTES,
        longestWithoutFrameMs: LONGEST_WITHOUT_FRAME_MS,
      },
      {
        open: () => {
          if (this.#mayLackPosts) onGap();
          this.#mayLackPosts = true;
          live();
        },
        answered: () => {
          this.#failures = 0;
        },
        text: (text) => {
          const event = readEvent(text, clock.now());
          const failure = this.#read(event);
          if (failure !== undefined) fail(failure);
          return event.kind !== 'bad';
        },
        bad: (reason) => onBad(`${host}: ${reason}`),
        lost: (loss) => {
          if (loss.brokenFrame) onBad(`${host} ${loss.reason}`);
          fail(this.#explain(loss));
        },
      },
      clock,
    );
    this.#connection = connection;
    return () => void connection.close();
  }

  /** Returns why the instance does not stream. */
  #read(event: StreamingEvent): Failure | undefined {
    const { onBad, onEvent } = this.#options;
    const { host } = this.#address;
    if (event.kind === 'bad') {
      onBad(`${host}: ${event.reason}`);
    } else if (event.kind === 'error') {
      const { status, said } = event;
      const reason = `reports an error: ${said}`;
      return this.#explain({ reason, status }, said);
    } else {
      this.#works = true;
      this.#failures = 0;
      if (event.kind !== 'other') onEvent(event);
    }
    return undefined;
  }

  #explain({ reason, status, headers }: Loss, said?: string): Failure {
    const { token, clock } = this.#options;
    const { host } = this.#address;
    const explained =
      status === undefined
        ? undefined
        : explainStatus({ host, status, headers, said, hasToken: token !== '' }, clock.now());
    return explained ?? { reason: `${host} ${reason}` };
  }
}

/** The address of the public stream, or of the one that `url` names. */
function streamOf(url: string): URL {
  const address = new URL(url);
  address.protocol = address.protocol.replace('http', 'ws');
  if (address.pathname === '/') address.pathname = PATH;
  if (!address.searchParams.has('stream')) address.searchParams.set('stream', 'public');
  return address;
}
