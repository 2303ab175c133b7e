// Limits connections and attempts, for each address and in all. A connection counts from the moment it opens,
// whatever comes over it. Clients of a trusted proxy share its connections, so there each request counts instead,
// while it lasts. It counts for the client that the proxy names, or for the proxy if it names none.

import type { EventEmitter } from 'node:events';
import type { IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { Clock } from '../../base/clock.ts';
import { TokenBucket } from '../../base/token-bucket.ts';
import type { Telemetry } from '../../stream/telemetry.ts';
import { Addresses, canonical, countedBy } from './client-address.ts';
import { type Kind, REJECTIONS, type Rejection } from './rejection-answers.ts';
import { createBudget, holdsNothing, type SharedBudget, Work } from './work-budget.ts';

/** Infinity means no limit. */
interface ConnectionLimitOptions {
  readonly maxSockets: number;
  readonly maxSocketsPerAddress: number;
  /** New connections a second. */
  readonly maxAttempts: number;
  /** New connections and requests a second. */
  readonly maxAttemptsPerAddress: number;
  /** Units of work a second. */
  readonly maxWorkPerSecond: number;
  readonly maxWorkPerAddress: number;
  /** Addresses and networks of proxies that are trusted to name their clients. */
  readonly trustProxy: readonly string[];
  /** Undefined if connections are not over TLS. */
  readonly tlsCert: unknown;
}

/** Rejected connections that stay open until they hear the reason. The server closes further ones without a word. */
export const MAX_REJECTED_OPEN = 1000;
/** How long a rejected connection may take to send its request, in milliseconds. */
const REJECTED_OPEN_MS = 2000;
/** Addresses to remember before the first sweep. */
const FIRST_SWEEP = 1024;

/** What an address, or network, uses now or used a moment ago. */
interface AddressUse extends SharedBudget {
  open: number;
  readonly attempts: TokenBucket;
}

/** What the server remembers of a connection. */
interface Connection {
  readonly socket: Socket;
  /** Canonical. */
  readonly address: string;
  readonly rejection: Rejection | undefined;
  /** True until the first request, which the connection attempt already paid for. */
  isPaid: boolean;
  /** Pays for its work. */
  budget: TokenBucket | undefined;
}

export class ConnectionLimits {
  readonly #limits: ConnectionLimitOptions;
  readonly #addresses: Addresses;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #attempts: TokenBucket;
  readonly #uses = new Map<string, AddressUse>();
  /** Over TLS by both ends and not by socket, since a request has another socket than its connection. */
  readonly #connections = new Map<Socket | string, Connection>();
  #sweepAt = FIRST_SWEEP;
  #open = 0;
  #rejectedOpen = 0;

  constructor(limits: ConnectionLimitOptions, clock: Clock, telemetry: Telemetry) {
    this.#limits = limits;
    this.#clock = clock;
    this.#telemetry = telemetry;
    this.#addresses = new Addresses(limits.trustProxy);
    this.#attempts = new TokenBucket(limits.maxAttempts, limits.maxAttempts, clock.monotonic());
  }

  /** How many addresses are remembered. */
  get addresses(): number {
    return this.#uses.size;
  }

  /** Counts a connection, for a server's `connection` event. Beyond a limit, its request is answered with the reason. */
  connected(socket: Socket): void {
    const address = canonical(socket.remoteAddress ?? '');
    // The peer has left already.
    if (address === undefined) return void socket.destroy();
    const entered = this.#connect(address);
    if (typeof entered === 'string') return void this.#reject(socket, entered, address);
    this.#open += 1;
    this.#remember(socket, address, entered, undefined);
  }

  /** Destroys every connection. */
  destroyAll(): void {
    for (const { socket } of this.#connections.values()) socket.destroy();
  }

  /** Why a request is rejected, if it is. An admitted one counts until `stays`, a socket or a response, closes. */
  admit(request: IncomingMessage, stays: EventEmitter): Rejection | undefined {
    const connection = this.#connectionOf(request);
    if (connection?.rejection) return connection.rejection;
    const peer = connection?.address ?? canonical(request.socket.remoteAddress ?? '');
    if (peer === undefined) {
      // The peer has reset the connection: there is no address to count, and no client waits for an answer.
      request.socket.destroy();
      return REJECTIONS['attempts-per-address'];
    }
    const client = this.#proxied(request, peer);
    const kind = client === undefined ? this.#pay(peer, connection) : this.#stay(client, stays);
    if (kind === undefined) return undefined;
    this.#telemetry.rejected(kind, client ?? peer);
    return REJECTIONS[kind];
  }

  /**
   * The budgets that pay for `request`, or for the WebSocket that it opens. Clients of a proxy share its connection,
   * so a connection's budget pays for a proxied WebSocket but not for a proxied request. Tells `webSocket` of each
   * rejected operation.
   */
  workOf(request: IncomingMessage, webSocket?: { rejected(): void }): Work {
    const connection = this.#connectionOf(request);
    const peer = connection?.address ?? canonical(request.socket.remoteAddress ?? '') ?? '';
    const client = this.#proxied(request, peer);
    const own = webSocket || client === undefined ? this.#budgetOf(connection) : undefined;
    const address = client ?? (this.#isCounted(peer) ? peer : undefined);
    const use = address === undefined ? undefined : this.#useOf(countedBy(address));
    const reject = (payer: string) => {
      this.#telemetry.rejected('work', `${address ?? peer}, for its ${payer}`);
      webSocket?.rejected();
    };
    return new Work(own, use, this.#clock, reject);
  }

  /** The client of a proxied request; the proxy itself if it names none. */
  #proxied({ headers }: IncomingMessage, peer: string): string | undefined {
    if (!this.#addresses.isProxy(peer)) return undefined;
    return this.#addresses.forwardedFor(headers['x-forwarded-for']) ?? peer;
  }

  #budgetOf(connection: Connection | undefined): TokenBucket {
    const budget =
      connection?.budget ?? createBudget(this.#limits.maxWorkPerSecond, this.#clock.monotonic());
    if (connection !== undefined) connection.budget = budget;
    return budget;
  }

  /** Takes an attempt for a request, unless its connection has paid for it. */
  #pay(peer: string, connection: Connection | undefined): Kind | undefined {
    if (!this.#isCounted(peer)) return undefined;
    if (!connection?.isPaid) return this.#attempt(countedBy(peer));
    connection.isPaid = false;
    return undefined;
  }

  #isCounted(address: string): boolean {
    return !this.#addresses.isLoopback(address) && !this.#addresses.isProxy(address);
  }

  /** Why a connection is rejected, or what its address uses now, if that counts. */
  #connect(address: string): Kind | AddressUse | undefined {
    const isFull = this.#open >= this.#limits.maxSockets;
    if (isFull && this.#isCounted(address)) return this.#attempt(countedBy(address)) ?? 'sockets';
    if (isFull) return 'sockets';
    if (this.#isCounted(address)) return this.#enter(address);
    if (this.#addresses.isProxy(address)) return undefined;
    return this.#attempts.take(this.#clock.monotonic()) ? undefined : 'attempts';
  }

  #enter(address: string): Kind | AddressUse {
    const name = countedBy(address);
    const open = this.#uses.get(name)?.open ?? 0;
    if (open >= this.#limits.maxSocketsPerAddress) return 'sockets-per-address';
    const rejected = this.#attempt(name);
    if (rejected) return rejected;
    const use = this.#useOf(name);
    use.open += 1;
    return use;
  }

  /** Counts a request for `client` until `stays` closes. */
  #stay(client: string, stays: EventEmitter): Kind | undefined {
    const entered = this.#enter(client);
    if (typeof entered === 'string') return entered;
    stays.once('close', () => {
      entered.open -= 1;
    });
    return undefined;
  }

  #reject(socket: Socket, kind: Kind, address: string): void {
    this.#telemetry.rejected(kind, address);
    if (this.#rejectedOpen >= MAX_REJECTED_OPEN) return void socket.destroy();
    this.#rejectedOpen += 1;
    this.#remember(socket, address, undefined, REJECTIONS[kind]);
    const cancel = this.#clock.after(REJECTED_OPEN_MS, () => socket.destroy());
    socket.on('close', cancel);
  }

  /** Takes an attempt. An address over its own limit takes none from the others. */
  #attempt(name: string): Kind | undefined {
    const now = this.#clock.monotonic();
    if (this.#uses.get(name)?.attempts.isEmpty(now)) return 'attempts-per-address';
    if (!this.#attempts.take(now)) return 'attempts';
    this.#useOf(name).attempts.take(now);
    return undefined;
  }

  #useOf(name: string): AddressUse {
    const known = this.#uses.get(name);
    if (known) return known;
    if (this.#uses.size >= this.#sweepAt) this.#sweep();
    const now = this.#clock.monotonic();
    const { maxAttemptsPerAddress: rate, maxWorkPerAddress } = this.#limits;
    const attempts = new TokenBucket(rate, rate, now);
    const work = createBudget(maxWorkPerAddress, now);
    const use = { open: 0, attempts, work, held: holdsNothing() };
    this.#uses.set(name, use);
    return use;
  }

  /** Forgets addresses that have left and whose budgets are full again. */
  #sweep(): void {
    const now = this.#clock.monotonic();
    for (const [name, { open, attempts, work, held }] of this.#uses) {
      const isGone = open === 0 && Object.values(held).every(({ size }) => size === 0);
      if (isGone && attempts.isFull(now) && work.isFull(now)) this.#uses.delete(name);
    }
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#uses.size);
  }

  /** Remembers a connection until it closes. `use` is undefined if it counts for no address. */
  #remember(
    socket: Socket,
    address: string,
    use: AddressUse | undefined,
    rejection: Rejection | undefined,
  ): void {
    const key = this.#keyOf(socket);
    const isPaid = rejection === undefined;
    const connection = { socket, address, rejection, isPaid, budget: undefined };
    // A client may reuse the ends of a connection before the `close` of the old one arrives.
    this.#connections.get(key)?.socket.destroy();
    this.#connections.set(key, connection);
    socket.on('close', () => {
      if (this.#connections.get(key) === connection) this.#connections.delete(key);
      if (rejection) this.#rejectedOpen -= 1;
      else this.#open -= 1;
      if (use) use.open -= 1;
    });
  }

  #connectionOf({ socket }: IncomingMessage): Connection | undefined {
    return this.#connections.get(this.#keyOf(socket));
  }

  #keyOf(socket: Socket): Socket | string {
    return this.#limits.tlsCert === undefined ? socket : nameOf(socket);
  }
}

function nameOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
