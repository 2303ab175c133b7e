// A relay between nodes in one process, which loses nothing by itself, and the keeper of their lease.

import type { Clock } from '../../src/base/clock.ts';
import type { Journal } from '../../src/stream/journal.ts';
import { type Relay, RelayError, type RelaySink } from '../../src/stream/relay.ts';

export interface MemoryRelay extends Relay {
  /** Takes this node offline. */
  cut(): void;
  mend(): void;
  /** While true, messages of this node are lost without a sign. */
  swallow: boolean;
  /** The keeper does what this node asks next, but its answer is lost. Then this is false again. */
  losesAnswer: boolean;
  /** While true, this node holds so much that it takes no message that names a share. */
  isHalfFull: boolean;
  /** Sends `message` to all other nodes, whatever it is. */
  inject(channel: string, message: string | Uint8Array): void;
  /** Messages sent so far, by channel. */
  readonly sent: ReadonlyMap<string, number>;
}

export interface MemoryHub {
  connect(sink: RelaySink): MemoryRelay;
  /** Makes the keeper forget the lease, and its count of revisions. */
  forgetLease(): void;
  /** Gives the lease to `holder` even if a node holds it, as a program that ignores the rules could. */
  seizeLease(holder: string): void;
  /** The text that the keeper has stored. */
  readonly holder: string | undefined;
  /** How many requests the keeper got. */
  readonly asked: number;
}

export function createMemoryHub(clock: Clock, ttl = 5000): MemoryHub {
  const listeners = new Map<string, Map<symbol, (message: Uint8Array) => void>>();
  const cutOff = new Set<symbol>();
  let lease:
    | { readonly holder: string; readonly revision: number; readonly until: number }
    | undefined;
  /** Of the ledger. */
  let text: string | undefined;
  const kept = new Map<string, Uint8Array>();
  /** Those that read the journal. */
  const added = new Set<() => Promise<void>>();
  let revisions = 0;
  let asked = 0;

  /** As this node sees the journal. */
  function journalOf(self: symbol): Journal {
    return {
      async add(message, id) {
        await Promise.resolve();
        if (cutOff.has(self)) throw new RelayError('cut off');
        if (!kept.has(id)) kept.set(id, Uint8Array.from(message));
        for (const readOn of added) void readOn();
      },
      read(receive) {
        let read = 0;
        let isReading = false;
        const readOn = async () => {
          if (isReading) return;
          isReading = true;
          await Promise.resolve();
          while (read < kept.size && !cutOff.has(self)) {
            const message = [...kept.values()][read];
            read += 1;
            if (message !== undefined) await receive(message);
          }
          isReading = false;
        };
        added.add(readOn);
        void readOn();
        return () => added.delete(readOn);
      },
    };
  }

  const current = () => (lease && lease.until > clock.monotonic() ? lease : undefined);
  const grant = (holder: string) => {
    revisions += 1;
    lease = { holder, revision: revisions, until: clock.monotonic() + ttl };
    return revisions;
  };

  return {
    forgetLease() {
      lease = undefined;
      revisions = 0;
    },
    seizeLease: (holder) => void grant(holder),
    get holder() {
      return lease?.holder;
    },
    get asked() {
      return asked;
    },
    connect(sink) {
      const self = Symbol();
      cutOff.add(self);
      const sent = new Map<string, number>();
      const opened = new Set<() => void>();

      async function ask<V>(answer: () => V): Promise<V> {
        asked += 1;
        await Promise.resolve();
        if (cutOff.has(self)) throw new RelayError('cut off');
        const given = answer();
        if (relay.losesAnswer) {
          relay.losesAnswer = false;
          throw new RelayError('no answer');
        }
        return given;
      }

      function send(channel: string, message: Uint8Array): void {
        sent.set(channel, (sent.get(channel) ?? 0) + 1);
        if (relay.swallow) return;
        const bytes = Uint8Array.from(message);
        for (const node of listeners.get(channel)?.keys() ?? []) {
          if (node === self) continue;
          queueMicrotask(() => {
            if (!cutOff.has(node)) listeners.get(channel)?.get(node)?.(bytes);
          });
        }
      }

      const relay: MemoryRelay = {
        swallow: false,
        losesAnswer: false,
        isHalfFull: false,
        journal: journalOf(self),
        ledger: {
          async update(change) {
            for (;;) {
              const before = text;
              const after = change(before);
              await Promise.resolve();
              if (cutOff.has(self)) return 'cut off';
              if (text !== before) continue;
              text = after;
              return undefined;
            }
          },
        },
        sent,
        get offlineReason() {
          return cutOff.has(self) ? 'cut off' : undefined;
        },
        lease: {
          ttl,
          claim: (holder) => ask(() => (current() ? undefined : grant(holder))),
          renew: (holder, revision) =>
            ask(() => (current()?.revision === revision ? grant(holder) : undefined)),
          read: () => ask(current),
          release: (revision) =>
            ask(() => {
              if (lease?.revision === revision) lease = undefined;
            }),
        },
        send(channel, message, share) {
          if (cutOff.has(self) || (share !== undefined && relay.isHalfFull)) return false;
          send(channel, message);
          return true;
        },
        inject: (channel, message) => send(channel, Buffer.from(message)),
        listen(channel, receive) {
          const there = listeners.get(channel) ?? new Map();
          listeners.set(channel, there);
          there.set(self, receive);
          const unlisten = () => {
            there.delete(self);
            opened.delete(unlisten);
          };
          opened.add(unlisten);
          return unlisten;
        },
        cut() {
          cutOff.add(self);
          sink.changed();
        },
        mend() {
          cutOff.delete(self);
          for (const readOn of added) void readOn();
          sink.changed();
        },
        async close() {
          for (const unlisten of opened) unlisten();
          cutOff.add(self);
        },
      };
      queueMicrotask(relay.mend);
      return relay;
    },
  };
}
