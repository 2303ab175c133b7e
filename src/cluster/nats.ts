// The relay over NATS: core messages between nodes, and key-value buckets for the lease and the ledger.

import {
  type ConnectionOptions,
  connect,
  type NatsConnection,
  type Subscription,
} from '@nats-io/transport-node';
import { type Clock, sleep, within } from '../base/clock.ts';
import type { Relay, RelaySink } from '../stream/relay.ts';
import { watchCreds } from './nats-creds.ts';
import { asRelayError } from './nats-error.ts';
import { createNatsJournal } from './nats-journal.ts';
import { createNatsLease } from './nats-lease.ts';
import { createNatsLedger } from './nats-ledger.ts';
import { MAX_MESSAGE_BYTES } from './node-message.ts';
import { Throttle } from './throttle.ts';

/** The options of the command line. A text is empty if it is not given. */
export interface NatsConfig {
  /** Servers of one NATS cluster. */
  readonly natsUrls: readonly string[];
  /** Subjects and the bucket start with it. All nodes of one cluster use the same. */
  readonly natsPrefix: string;
  /** In seconds. */
  readonly natsLease: number;
  /** Paths of files. */
  readonly natsCreds: string;
  readonly natsTlsCa: string;
  readonly natsTlsCert: string;
  readonly natsTlsKey: string;
  readonly natsUser: string;
  readonly natsPassword: string;
  readonly natsToken: string;
}

export interface NatsOptions {
  readonly config: NatsConfig;
  /** The name in the NATS server's list of clients. */
  readonly name: string;
  readonly clock: Clock;
  readonly warn: (message: string) => void;
}

/** The wait between two attempts to connect, in milliseconds, with up to as much jitter. */
const RECONNECT_MS = 500;
/** How often the client pings the server, in milliseconds, and how many pings may stay unanswered. */
const PING_EVERY_MS = 3000;
const PINGS_UNANSWERED = 2;
const CONNECT_IN_MS = 5000;
/** How often the client asks the server to confirm what it sent, in milliseconds. */
const CONFIRM_EVERY_MS = 100;
/** With this many bytes unconfirmed, the server or the network is too slow, and `send` accepts no more. */
export const MAX_UNCONFIRMED_BYTES = 8 * 1024 * 1024;
/** How long `close` waits for the last messages to leave, in milliseconds. */
const LEAVE_IN_MS = 1000;

interface Listener {
  readonly subject: string;
  readonly receive: (message: Uint8Array) => void;
  subscription: Subscription | undefined;
}

export function connectNats(options: NatsOptions, sink: RelaySink): Relay {
  const { config, clock, warn } = options;
  const { natsUrls, natsPrefix: prefix, natsLease } = config;
  const listeners = new Set<Listener>();
  const where = natsUrls.join(', ');
  let nats: NatsConnection | undefined;
  let offlineReason: string | undefined = `NATS at ${where} has not answered yet`;
  const closing = new AbortController();
  const unconfirmed = { messages: 0, bytes: 0 };
  const confirmations = new Throttle({
    clock,
    everyMs: CONFIRM_EVERY_MS,
    gatherMs: CONFIRM_EVERY_MS,
    job: confirm,
  });

  const connection = () => (offlineReason === undefined ? nats : undefined);

  function become(next: string | undefined): void {
    if (offlineReason === next || closing.signal.aborted) return;
    offlineReason = next;
    sink.changed();
  }

  /** The client of NATS reconnects for ever by itself. If it closes nevertheless, start a new one. */
  async function keepConnected(): Promise<void> {
    while (!closing.signal.aborted) {
      try {
        nats = await connect(connectionOptions(options));
      } catch (error) {
        become(`NATS at ${where} cannot be reached: ${asRelayError(error).message}`);
        await sleep(clock, RECONNECT_MS * (1 + Math.random()), closing.signal);
        continue;
      }
      if (closing.signal.aborted) return nats.close();
      for (const listener of listeners) subscribe(nats, listener, warn);
      const most = nats.info?.max_payload ?? 0;
      if (most < MAX_MESSAGE_BYTES) {
        warn(
          `NATS at ${where} takes no message of more than ${most} bytes, so nodes lose longer ones; set its max_payload to 1MB`,
        );
      }
      become(undefined);
      await watch(nats);
    }
  }

  async function watch(connection: NatsConnection): Promise<void> {
    const away = `NATS at ${where} is away`;
    for await (const status of connection.status()) {
      if (status.type === 'reconnect') become(undefined);
      else if (status.type === 'disconnect') become(offlineReason ?? away);
      else if (status.type === 'error') {
        const { message } = asRelayError(status.error);
        warn(`NATS: ${message}`);
        // The server is there, but rejects this node.
        if (offlineReason !== undefined) become(`${away}: ${message}`);
      }
    }
    become(`NATS at ${where} has closed the connection`);
  }

  /** Messages count as lost until the server has confirmed them. */
  async function confirm(): Promise<void> {
    const { messages, bytes } = unconfirmed;
    try {
      await nats?.flush();
    } catch (error) {
      asRelayError(error);
      sink.lost(messages);
    }
    unconfirmed.messages -= messages;
    unconfirmed.bytes -= bytes;
  }

  void keepConnected();
  return {
    get offlineReason() {
      return offlineReason;
    },
    lease: createNatsLease({ prefix, ttl: natsLease * 1000, connection, warn }),
    journal: createNatsJournal({ prefix, clock, connection, closing: closing.signal, warn }),
    ledger: createNatsLedger({ prefix, connection }),
    send(channel, message, share = 1) {
      if (offlineReason !== undefined || nats === undefined || nats.isClosed()) return false;
      if (message.length > (nats.info?.max_payload ?? 0)) return false;
      if (unconfirmed.bytes + message.length > share * MAX_UNCONFIRMED_BYTES) return false;
      nats.publish(`${prefix}.${channel}`, message);
      unconfirmed.messages += 1;
      unconfirmed.bytes += message.length;
      confirmations.request();
      return true;
    },
    listen(channel, receive) {
      const listener: Listener = {
        subject: `${prefix}.${channel}`,
        receive,
        subscription: undefined,
      };
      listeners.add(listener);
      if (nats !== undefined && !nats.isClosed()) subscribe(nats, listener, warn);
      return () => {
        listeners.delete(listener);
        listener.subscription?.unsubscribe();
      };
    },
    async close() {
      if (closing.signal.aborted) return;
      closing.abort();
      confirmations.stop();
      if (nats === undefined) return;
      await within(clock, LEAVE_IN_MS, nats.flush()).catch(asRelayError);
      await nats.close();
    },
  };
}

function subscribe(
  connection: NatsConnection,
  listener: Listener,
  warn: NatsOptions['warn'],
): void {
  // Callbacks run as messages are read, so nothing queues up here. What this process is too slow to read waits
  // at the server, which disconnects a client that takes too long.
  listener.subscription = connection.subscribe(listener.subject, {
    callback(error, message) {
      if (error) return warn(`NATS: ${asRelayError(error).message}`);
      try {
        listener.receive(message.data);
      } catch (bug) {
        // The library would swallow it.
        queueMicrotask(() => {
          throw bug;
        });
      }
    },
  });
}

function connectionOptions({ config, name, warn }: NatsOptions): ConnectionOptions {
  const { natsUrls, natsCreds, natsUser, natsPassword, natsToken } = config;
  const { natsTlsCa, natsTlsCert, natsTlsKey } = config;
  const isEncrypted = natsUrls.some((url) => url.startsWith('tls:'));
  const tls = {
    ...(natsTlsCa && { caFile: natsTlsCa }),
    ...(natsTlsCert && { certFile: natsTlsCert }),
    ...(natsTlsKey && { keyFile: natsTlsKey }),
  };
  return {
    servers: [...natsUrls],
    name,
    noEcho: true,
    timeout: CONNECT_IN_MS,
    maxReconnectAttempts: -1,
    reconnectTimeWait: RECONNECT_MS,
    reconnectJitter: RECONNECT_MS,
    reconnectJitterTLS: RECONNECT_MS,
    // The operator may correct the password while we wait.
    ignoreAuthErrorAbort: true,
    pingInterval: PING_EVERY_MS,
    maxPingOut: PINGS_UNANSWERED,
    ...(isEncrypted || Object.keys(tls).length > 0 ? { tls } : {}),
    ...(natsCreds && { authenticator: watchCreds(natsCreds, warn) }),
    ...(natsUser && { user: natsUser, pass: natsPassword }),
    ...(natsToken && { token: natsToken }),
  };
}
