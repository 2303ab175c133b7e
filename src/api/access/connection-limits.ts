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
import { createBudget, type Held, holdsNothing, Work } from './work-budget.ts';

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
}

/** Rejected connections that stay open until they hear the reason. The server closes further ones without a word. */
export const MAX_REJECTED_OPEN = 1000;
/** How long a rejected connection may take to send its request, in milliseconds. */
const REJECTED_OPEN_MS = 2000;
/** Addresses to remember before the first sweep. */
const FIRST_SWEEP = 1024;

/** What an address, or network, uses now or used a moment ago. */
interface AddressUse {
  open: number;
  readonly attempts: TokenBucket;
  readonly work: TokenBucket;
  readonly held: Held;
}

/** What the server remembers of a connection. */
interface Connection {
  readonly socket: Socket;
  readonly rejection: Rejection | undefined;
  /** True until the first request, which the connection attempt already paid for. */
  isPaid: boolean;
}

export class ConnectionLimits {
  readonly #limits: ConnectionLimitOptions;
  readonly #addresses: Addresses;
  readonly #clock: Clock;
  readonly #telemetry: Telemetry;
  readonly #attempts: TokenBucket;
  readonly #uses = new Map<string, AddressUse>();
  /** By both ends and not by socket: over TLS, a request has another socket than its connection. */
  readonly #connections = new Map<string, Connection>();
  /** What pays for the work of each connection. */
  readonly #budgets = new WeakMap<Socket, TokenBucket>();
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
    const kind = this.#connect(address, socket);
    if (kind === undefined) {
      this.#open += 1;
      socket.on('close', () => {
        this.#open -= 1;
      });
      if (this.#isCounted(address)) this.#remember({ socket, rejection: undefined, isPaid: true });
      return;
    }
    this.#telemetry.rejected(kind, address);
    if (this.#rejectedOpen >= MAX_REJECTED_OPEN) return void socket.destroy();
    this.#rejectedOpen += 1;
    const cancel = this.#clock.after(REJECTED_OPEN_MS, () => socket.destroy());
    socket.once('close', () => {
      this.#rejectedOpen -= 1;
      cancel();
    });
    this.#remember({ socket, rejection: REJECTIONS[kind], isPaid: false });
  }

  /** Why a request is rejected, if it is. An admitted one counts until `stays`, a socket or a response, closes. */
  admit(request: IncomingMessage, stays: EventEmitter): Rejection | undefined {
    const connection = this.#connections.get(nameOf(request.socket));
    if (connection?.rejection) return connection.rejection;
    const peer = canonical(request.socket.remoteAddress ?? '');
    if (peer === undefined) {
      // The peer has reset the connection: there is no address to count, and no client waits for an answer.
      request.socket.destroy();
      return REJECTIONS['attempts-per-address'];
    }
    const client = this.#proxied(request, peer);
    const kind = client === undefined ? this.#pay(peer, connection) : this.#enter(client, stays);
    if (kind === undefined) return undefined;
    this.#telemetry.rejected(kind, client ?? peer);
    return REJECTIONS[kind];
  }

  /**
   * The budgets that pay for `request`, or for the WebSocket that it opens. Clients of a proxy share its connection,
   * so a connection's budget pays for a proxied WebSocket but not for a proxied request. Calls `onRejected` for each
   * rejected operation.
   */
  workOf(request: IncomingMessage, isWebSocket: boolean, onRejected = () => {}): Work {
    const peer = canonical(request.socket.remoteAddress ?? '') ?? '';
    const client = this.#proxied(request, peer);
    const budgets = [];
    if (isWebSocket || client === undefined) {
      budgets.push({ payer: 'connection', bucket: this.#budgetOf(request.socket) } as const);
    }
    const address = client ?? (this.#isCounted(peer) ? peer : undefined);
    const use = address === undefined ? undefined : this.#useOf(countedBy(address));
    if (use !== undefined) budgets.push({ payer: 'address', bucket: use.work } as const);
    const reject = (payer: string) => {
      this.#telemetry.rejected('work', `${address ?? peer}, for its ${payer}`);
      onRejected();
    };
    return new Work(budgets, this.#clock, reject, use?.held);
  }

  /** The client of a proxied request; the proxy itself if it names none. */
  #proxied({ headers }: IncomingMessage, peer: string): string | undefined {
    if (!this.#addresses.isProxy(peer)) return undefined;
    return this.#addresses.forwardedFor(headers['x-forwarded-for']) ?? peer;
  }

  #budgetOf(socket: Socket): TokenBucket {
    const known = this.#budgets.get(socket);
    if (known) return known;
    const budget = createBudget(this.#limits.maxWorkPerSecond, this.#clock.monotonic());
    this.#budgets.set(socket, budget);
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

  #connect(address: string, socket: Socket): Kind | undefined {
    const isFull = this.#open >= this.#limits.maxSockets;
    if (isFull && this.#isCounted(address)) return this.#attempt(countedBy(address)) ?? 'sockets';
    if (isFull) return 'sockets';
    if (this.#isCounted(address)) return this.#enter(address, socket);
    if (this.#addresses.isProxy(address)) return undefined;
    return this.#attempts.take(this.#clock.monotonic()) ? undefined : 'attempts';
  }

  #enter(address: string, stays: EventEmitter): Kind | undefined {
    const name = countedBy(address);
    const open = this.#uses.get(name)?.open ?? 0;
    if (open >= this.#limits.maxSocketsPerAddress) return 'sockets-per-address';
    const rejected = this.#attempt(name);
    if (rejected) return rejected;
    const use = this.#useOf(name);
    use.open += 1;
    stays.once('close', () => {
      use.open -= 1;
    });
    return undefined;
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
      const isGone = open === 0 && held.selections.size === 0;
      if (isGone && attempts.isFull(now) && work.isFull(now)) this.#uses.delete(name);
    }
    this.#sweepAt = Math.max(FIRST_SWEEP, 2 * this.#uses.size);
  }

  /** A client may reuse the ends of a connection before the `close` of the old one arrives. */
  #remember(connection: Connection): void {
    const { socket } = connection;
    const name = nameOf(socket);
    this.#connections.get(name)?.socket.destroy();
    this.#connections.set(name, connection);
    socket.once('close', () => {
      if (this.#connections.get(name) === connection) this.#connections.delete(name);
    });
  }
}

function nameOf({ remoteAddress, remotePort, localAddress, localPort }: Socket): string {
  return `${remoteAddress} ${remotePort} ${localAddress} ${localPort}`;
}
