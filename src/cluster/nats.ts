// The relay over NATS: core messages for what nodes say to each other, a key-value bucket for the lease.

import {
  type ConnectionOptions,
  connect,
  type NatsConnection,
  type Subscription,
} from '@nats-io/transport-node';
import type { Clock } from '../base/clock.ts';
import type { Relay, RelaySink } from '../stream/relay.ts';
import { watchCreds } from './nats-creds.ts';
import { asRelayError, createNatsLease } from './nats-lease.ts';

export interface NatsOptions {
  /** Such as `nats://127.0.0.1:4222`; any of one NATS cluster. */
  readonly servers: readonly string[];
  /** What subjects and the bucket begin with; nodes of one Senti have the same. */
  readonly prefix: string;
  /** For whoever looks at the server's list of clients. */
  readonly name: string;
  readonly leaseMs: number;
  /** Files; empty for none. */
  readonly creds: string;
  readonly tlsCa: string;
  readonly tlsCert: string;
  readonly tlsKey: string;
  /** Secrets; empty for none. */
  readonly user: string;
  readonly password: string;
  readonly token: string;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

/** Between two tries to connect, in milliseconds, and as much again by chance. */
const RECONNECT_MS = 500;
/** How often the server is asked whether it is there, and how often it may stay silent. */
const PING_EVERY_MS = 3000;
const PINGS_UNANSWERED = 2;
const CONNECT_IN_MS = 5000;
/** What was sent is taken to be lost until the server has confirmed it, so often in milliseconds. */
const CONFIRM_EVERY_MS = 100;
/** With so many bytes unconfirmed, the server or the way there is too slow: what comes then is lost. */
export const MAX_UNCONFIRMED_BYTES = 8 * 1024 * 1024;
/** How long the last messages may take to leave, in milliseconds. */
const LEAVE_IN_MS = 1000;

interface Ear {
  readonly subject: string;
  readonly receive: (message: Uint8Array) => void;
  subscription: Subscription | undefined;
}

export function connectNats(options: NatsOptions, sink: RelaySink): Relay {
  const { prefix, clock, warn } = options;
  const ears = new Set<Ear>();
  const where = options.servers.join(', ');
  let nats: NatsConnection | undefined;
  let trouble: string | undefined = `NATS at ${where} has not answered yet`;
  let closed = false;
  let cancelRetry = () => {};
  /** Sent since the server was last asked whether it has everything; and before that, no answer yet. */
  let unconfirmed = { messages: 0, bytes: 0 };
  let waiting = 0;
  let isConfirming = false;

  function become(next: string | undefined): void {
    if (trouble === next || closed) return;
    trouble = next;
    sink.changed();
  }

  async function open(): Promise<void> {
    try {
      nats = await connect(connectionOptions(options));
    } catch (error) {
      become(`NATS at ${where} cannot be reached: ${asRelayError(error).message}`);
      cancelRetry = clock.after(RECONNECT_MS * (1 + Math.random()), () => void open());
      return;
    }
    if (closed) return nats.close();
    for (const ear of ears) subscribe(nats, ear);
    become(undefined);
    await watch(nats);
    // It reconnects for ever by itself; should it give up all the same, it is begun anew.
    if (!closed) void open();
  }

  async function watch(connection: NatsConnection): Promise<void> {
    const away = `NATS at ${where} is away`;
    for await (const status of connection.status()) {
      if (status.type === 'reconnect') become(undefined);
      else if (status.type === 'disconnect') become(trouble ?? away);
      else if (status.type === 'error') {
        warn(`NATS: ${status.error.message}`);
        // It is there, and does not let this node in.
        if (trouble !== undefined) become(`${away}: ${status.error.message}`);
      }
    }
    become(`NATS at ${where} has closed the connection`);
  }

  function subscribe(connection: NatsConnection, ear: Ear): void {
    // By callback: they run as messages are read, and so nothing queues up here. What this process is
    // too slow to read waits at the server, which cuts who takes too long.
    ear.subscription = connection.subscribe(ear.subject, {
      callback(error, message) {
        if (error) return warn(`NATS: ${error.message}`);
        try {
          ear.receive(message.data);
        } catch (bug) {
          // The library would keep it for itself.
          queueMicrotask(() => {
            throw bug;
          });
        }
      },
    });
  }

  async function confirm(connection: NatsConnection): Promise<void> {
    const asked = unconfirmed;
    unconfirmed = { messages: 0, bytes: 0 };
    waiting = asked.bytes;
    try {
      await connection.flush();
    } catch (error) {
      asRelayError(error);
      sink.lost(asked.messages);
    }
    waiting = 0;
    isConfirming = false;
    if (unconfirmed.messages > 0) confirmSoon(connection);
  }
  function confirmSoon(connection: NatsConnection): void {
    if (isConfirming) return;
    isConfirming = true;
    clock.after(CONFIRM_EVERY_MS, () => void confirm(connection));
  }

  void open();
  return {
    get trouble() {
      return trouble;
    },
    lease: createNatsLease({
      prefix,
      ttl: options.leaseMs,
      connection: () => (trouble === undefined ? nats : undefined),
      warn,
    }),
    send(channel, message) {
      if (trouble !== undefined || nats === undefined || nats.isClosed()) return false;
      if (message.length > (nats.info?.max_payload ?? 0)) return false;
      if (waiting + unconfirmed.bytes + message.length > MAX_UNCONFIRMED_BYTES) return false;
      nats.publish(`${prefix}.${channel}`, message);
      unconfirmed.messages += 1;
      unconfirmed.bytes += message.length;
      confirmSoon(nats);
      return true;
    },
    listen(channel, receive) {
      const ear: Ear = { subject: `${prefix}.${channel}`, receive, subscription: undefined };
      ears.add(ear);
      if (nats !== undefined && !nats.isClosed()) subscribe(nats, ear);
      return () => {
        ears.delete(ear);
        ear.subscription?.unsubscribe();
      };
    },
    async close() {
      if (closed) return;
      closed = true;
      cancelRetry();
      if (nats === undefined) return;
      const left = Promise.withResolvers<void>();
      const cancel = clock.after(LEAVE_IN_MS, left.resolve);
      nats.flush().then(left.resolve, left.resolve);
      await left.promise;
      cancel();
      await nats.close();
    },
  };
}

function connectionOptions(options: NatsOptions): ConnectionOptions {
  const { servers, name, creds, user, password, token, tlsCa, tlsCert, tlsKey } = options;
  const isEncrypted = servers.some((server) => server.startsWith('tls:'));
  const tls = {
    ...(tlsCa && { caFile: tlsCa }),
    ...(tlsCert && { certFile: tlsCert }),
    ...(tlsKey && { keyFile: tlsKey }),
  };
  return {
    servers: [...servers],
    name,
    noEcho: true,
    timeout: CONNECT_IN_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    reconnectJitter: RECONNECT_MS,
    reconnectJitterTLS: RECONNECT_MS,
    // Somebody may mend the password while we wait.
    ignoreAuthErrorAbort: true,
    pingInterval: PING_EVERY_MS,
    maxPingOut: PINGS_UNANSWERED,
    ...(isEncrypted || Object.keys(tls).length > 0 ? { tls } : {}),
    ...(creds && { authenticator: watchCreds(creds, options.warn) }),
    ...(user && { user, pass: password }),
    ...(token && { token }),
  };
}
