// The journal as a JetStream stream with one subject and an age limit.

import {
  DeliverPolicy,
  DiscardPolicy,
  jetstream,
  jetstreamManager,
  StorageType,
} from '@nats-io/jetstream';
import { type NatsConnection, nanos } from '@nats-io/transport-node';
import { type Clock, sleep } from '../base/clock.ts';
import type { Journal } from '../stream/journal.ts';
import { RelayError } from '../stream/relay.ts';
import { asRelayError } from './nats-error.ts';

interface NatsJournalOptions {
  /** The names of the stream and of its subject start with it. */
  readonly prefix: string;
  readonly clock: Clock;
  /** Undefined while offline. */
  readonly connection: () => NatsConnection | undefined;
  readonly closing: AbortSignal;
  readonly warn: (message: string) => void;
}

/** How long a node may be absent and still catch up, in milliseconds, and what the stream takes on the disk of NATS. */
const KEPT_MS = 24 * 3600 * 1000;
const MAX_BYTES = 256 * 1024 * 1024;
const MAX_MESSAGE_BYTES = 256 * 1024;
/** Within this time, a message that is sent again is kept once; in milliseconds. */
const REPEATED_WITHIN_MS = 120_000;
const ANSWER_IN_MS = 2000;
const AGAIN_IN_MS = 1000;
/** Messages that may wait in this process. */
const AHEAD = 8;

export function createNatsJournal(options: NatsJournalOptions): Journal {
  const { prefix, clock, connection, closing, warn } = options;
  const stream = `${prefix}-history`;
  const subject = `${prefix}.history`;
  let opened: NatsConnection | undefined;
  /** What was wrong with the last request. */
  let problem: string | undefined;

  async function open(): Promise<NatsConnection> {
    const by = connection();
    if (by === undefined) throw new RelayError('NATS is not connected');
    if (opened === by) return by;
    const { streams } = await jetstreamManager(by, { timeout: ANSWER_IN_MS });
    try {
      await streams.add({
        name: stream,
        subjects: [subject],
        storage: StorageType.File,
        discard: DiscardPolicy.Old,
        max_age: nanos(KEPT_MS),
        max_bytes: MAX_BYTES,
        max_msg_size: MAX_MESSAGE_BYTES,
        duplicate_window: nanos(REPEATED_WITHIN_MS),
      });
    } catch (error) {
      asRelayError(error);
      // An operator may have given the stream other limits.
      await streams.info(stream).catch(() => {
        throw error;
      });
    }
    opened = by;
    return by;
  }

  async function ask<T>(request: (by: NatsConnection) => Promise<T>): Promise<T> {
    try {
      const answer = await request(await open());
      problem = undefined;
      return answer;
    } catch (error) {
      // The stream may have been deleted. The next request creates it again.
      opened = undefined;
      const failure = asRelayError(error);
      explain(failure.message);
      throw failure;
    }
  }

  /** While NATS is away, the relay says so. */
  function explain(reason: string): void {
    if (connection() === undefined || reason === problem) return;
    warn(`nodes cannot share their history in the stream ${stream}: ${reason}`);
    problem = reason;
  }

  return {
    async add(message, id) {
      await ask((by) =>
        jetstream(by, { timeout: ANSWER_IN_MS }).publish(subject, message, { msgID: id }),
      );
    },
    read(receive) {
      const stopped = new AbortController();
      const signal = AbortSignal.any([stopped.signal, closing]);
      void (async () => {
        while (!signal.aborted) {
          try {
            await ask((by) => readAll(by, receive, signal));
          } catch (error) {
            if (!(error instanceof RelayError)) throw error;
          }
          await sleep(clock, AGAIN_IN_MS, signal);
        }
      })();
      return () => stopped.abort();
    },
  };

  async function readAll(
    by: NatsConnection,
    receive: (message: Uint8Array) => Promise<void>,
    signal: AbortSignal,
  ): Promise<void> {
    const consumer = await jetstream(by).consumers.get(stream, {
      deliver_policy: DeliverPolicy.All,
    });
    const messages = await consumer.consume({
      max_messages: AHEAD,
      // If the stream was deleted, reading ends, and the next request creates it again.
      abort_on_missing_resource: true,
    });
    const stop = () => void messages.close();
    signal.addEventListener('abort', stop);
    try {
      for await (const message of messages) await receive(message.data);
    } finally {
      signal.removeEventListener('abort', stop);
    }
  }
}
