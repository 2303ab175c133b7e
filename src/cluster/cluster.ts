// The feed of a node among others. One of them holds the lease and ingests for all; every one delivers to
// its own listeners, and tells the others what those want.

import type { Clock } from '../base/clock.ts';
import { UserError } from '../base/user-error.ts';
import type { SourceState, Usage } from '../source/source.ts';
import type { ClusterState, RelayCounters } from '../stream/cluster-state.ts';
import { type PostCounters, postCountersAtZero } from '../stream/counters.ts';
import type { Feed, FeedSink } from '../stream/feed.ts';
import type { Ingest } from '../stream/ingest.ts';
import type { Relay, RelaySink } from '../stream/relay.ts';
import type { Track } from '../track/track.ts';
import { channelOf, Inbox } from './delivery.ts';
import { Succession } from './election.ts';
import { Wanted } from './interest.ts';
import { Announcer } from './interest-publisher.ts';
import { type Lane, Leader } from './leader.ts';
import {
  type Alive,
  decodeMessage,
  encodeMessage,
  type Ingesting,
  type NodeMessage,
} from './node-message.ts';
import { Complaints } from './peer-faults.ts';
import { MUTE_AFTER_MS, Others } from './peers.ts';
import { isSameTerm, Terms } from './term.ts';

export interface ClusterOptions {
  /** The name of this node; no other one has it, and it has no other the next time. */
  readonly id: string;
  readonly clock: Clock;
  readonly connect: (sink: RelaySink) => Relay;
  /** Makes what reads the source, for as long as this node has the lease. */
  readonly ingest: (sink: FeedSink<Lane>, counters: PostCounters) => Ingest<Lane>;
  /** The name of the source, which is known before anybody reads it. */
  readonly source: string;
  /** What decides how this node would score; to be the same everywhere. */
  readonly scoring: string;
  /** How many listeners this node has. */
  readonly listeners: () => number;
  readonly log: Readonly<Record<'info' | 'warn' | 'error', (message: string) => void>>;
}

/** How often a node says that it is there, in milliseconds. */
const ALIVE_EVERY_MS = 1000;
/** How long a new leader listens before it believes that it has heard of everybody, in milliseconds. */
const SETTLE_MS = 2000;

/** Where nodes speak to each other; events have channels of their own. */
const NODES = 'nodes';
const FORGED = 'it was sent in the name of this node';

export class Cluster<T> implements Feed<T> {
  readonly counters: PostCounters = postCountersAtZero();
  readonly #options: ClusterOptions;
  readonly #relay: Relay;
  readonly #succession: Succession;
  readonly #terms: Terms;
  readonly #announcer: Announcer;
  readonly #others: Others;
  readonly #wanted: Wanted;
  readonly #inbox: Inbox<T>;
  readonly #complaints: Complaints;
  readonly #relayCounters: RelayCounters = { lost: 0, bad: 0, repeated: 0, gaps: 0 };
  #connectedAt: number | undefined;
  #cancelTick = () => {};
  #tickedAt = Number.POSITIVE_INFINITY;
  #trouble: string | undefined;

  constructor(options: ClusterOptions, sink: FeedSink<T>) {
    const { id, clock, log } = options;
    this.#options = options;
    this.#complaints = new Complaints({ ...options, counters: this.#relayCounters });
    this.#relay = options.connect({
      changed: () => this.#onRelay(),
      lost: (count) => {
        this.#relayCounters.lost += count;
      },
    });
    this.#wanted = new Wanted((opened, closed) => this.#succession.leader?.change(opened, closed));
    this.#terms = new Terms({
      keeper: this.#relay.lease,
      clock,
      own: () => this.#succession.term,
      onTerm: (term) => this.#succession.heed(term),
    });
    this.#inbox = new Inbox({
      relay: this.#relay,
      sink,
      counters: this.#relayCounters,
      terms: this.#terms,
      onBad: () => this.#complaints.bad('an event'),
    });
    this.#announcer = new Announcer({ node: id, clock, send: (message) => this.#tell(message) });
    this.#others = new Others({
      clock,
      onWants: (added, dropped) => this.#wanted.others(added, dropped),
      ask: (of) => this.#tell({ kind: 'ask', node: id, of }),
      onMute: (of) =>
        log.error(`cluster: node ${of} does not say what it wants; is it of another version?`),
      onLeaderless: () => this.#succession.contend(),
    });
    this.#succession = new Succession({
      keeper: this.#relay.lease,
      clock,
      holder: id,
      isInformed: (since) => this.#isInformed(since),
      lastEpoch: () => this.#terms.term?.epoch ?? 0,
      begin: (epoch, mayPublish) => this.#lead(epoch, mayPublish),
      onChange: () => this.#sayAlive(),
      log,
    });
    this.#relay.listen(NODES, (bytes) => this.#receive(bytes));
    this.#trouble = this.#relay.trouble;
    this.#awaitTick();
  }

  get source(): Feed<T>['source'] {
    const { source: name, clock } = this.#options;
    const waiting = (reason: string): Feed<T>['source'] => {
      const state: SourceState = {
        name: 'waiting',
        reason,
        until: clock.now() + this.#relay.lease.ttl,
      };
      return { name, state };
    };
    if (this.#relay.trouble !== undefined) return waiting(this.#relay.trouble);
    const { leader, isBeginning } = this.#succession;
    if (leader !== undefined) return leader.source;
    if (isBeginning) return { name, state: { name: 'connecting' } };
    const told = this.#leading;
    if (told !== undefined) return { name: told.name, state: told.state, ...usageOf(told) };
    return waiting(this.#succession.trouble ?? 'no node ingests at the moment');
  }

  /** What the node that ingests says of that, if it is another one and has been heard lately. */
  get #leading(): Ingesting | undefined {
    const { term } = this.#terms;
    return term && this.#others.ingesting(term.node);
  }

  get cluster(): ClusterState {
    return {
      id: this.#options.id,
      role: this.#succession.leader === undefined ? 'GATEWAY' : 'INGEST',
      nodes: 1 + this.#others.size,
      tracks: this.#wanted.size,
      listeners: this.#options.listeners() + this.#others.listeners,
      problem: this.#relay.trouble ?? this.#succession.trouble ?? this.#complaints.mismatch,
      counters: this.#relayCounters,
    };
  }

  open(track: Track, outlet: T): void {
    this.#inbox.open(track, outlet);
    this.#announcer.add(track.canonical);
    this.#wanted.own(track.canonical, true);
  }

  close(track: Track): void {
    this.#inbox.close(track);
    this.#announcer.drop(track.canonical);
    this.#wanted.own(track.canonical, false);
  }

  /** Lets another node ingest, if this one does, and goes on being fed. */
  handOver(): Promise<void> {
    return this.#succession.resign(this.#others.size > 0);
  }

  async stop(): Promise<void> {
    await this.handOver();
    this.#cancelTick();
    this.#announcer.stop();
    this.#terms.stop();
    this.#tell({ kind: 'bye', node: this.#options.id });
    await this.#relay.close();
  }

  #awaitTick(): void {
    this.#cancelTick = this.#options.clock.after(ALIVE_EVERY_MS, () => this.#tick());
  }

  #tick(): void {
    this.#awaitTick();
    const now = this.#options.clock.monotonic();
    // After a long sleep it was this node that was silent: what the others said still waits to be read.
    if (now - this.#tickedAt > 2 * ALIVE_EVERY_MS) this.#others.excuseSilence();
    this.#tickedAt = now;
    if (this.#relay.trouble === undefined) {
      this.#others.forgetSilent();
      // The lease may run out at any moment, so this node asks for it more often than it does otherwise.
      if (this.#leading === undefined && this.#succession.term === undefined) {
        this.#succession.contend();
      }
    }
    this.#succession.leader?.retryRefused();
    // Who said now that it does not ingest would have others ask in vain for a lease that it still has.
    if (!this.#succession.isRetiring) this.#sayAlive();
    this.#succession.beginIfInformed();
  }

  #sayAlive(): void {
    const { id: node, scoring, listeners } = this.#options;
    const { leader } = this.#succession;
    const ingest = leader && {
      name: leader.source.name,
      state: leader.source.state,
      ...usageOf(leader.source),
    };
    // Who counts its listeners finds what they want, too.
    this.#announcer.flush();
    const { version, digest } = this.#announcer;
    const epoch = this.#terms.term?.epoch ?? 0;
    const alive = { kind: 'alive', node, version, digest, epoch, scoring, ingest } as const;
    this.#tell({ ...alive, listeners: listeners() });
  }

  #tell(message: NodeMessage): void {
    this.#send(NODES, encodeMessage(message));
  }

  #send(channel: string, message: Uint8Array): void {
    if (!this.#relay.send(channel, message)) this.#relayCounters.lost += 1;
  }

  #onRelay(): void {
    const { trouble } = this.#relay;
    if (trouble === this.#trouble) return;
    this.#trouble = trouble;
    if (trouble === undefined) this.#onConnected();
    else this.#onCutOff(trouble);
  }

  #onCutOff(trouble: string): void {
    this.#options.log.warn(`cluster: ${trouble}`);
    // Who ingests goes on delivering to itself, as long as it has the lease.
    if (this.#succession.leader === undefined) this.#inbox.missed();
  }

  #onConnected(): void {
    const { log, clock } = this.#options;
    this.#connectedAt = clock.monotonic();
    log.info('cluster: connected');
    this.#others.excuseSilence();
    this.#sayAlive();
    this.#terms.ask();
    this.#succession.contend();
  }

  /** New among the others, it first has to hear of them; later it knows them all the time. */
  #isInformed(since: number): boolean {
    const now = this.#options.clock.monotonic();
    // Nodes that speak and never answer, one after the other, must not keep the source from being read.
    const isPatient = now - since <= MUTE_AFTER_MS;
    if (this.#connectedAt === undefined || (isPatient && !this.#others.known)) return false;
    return now - this.#connectedAt >= SETTLE_MS;
  }

  #lead(epoch: number, mayPublish: () => boolean): Leader {
    const { id: node, clock, ingest } = this.#options;
    this.#terms.begin({ node, epoch });
    return new Leader(
      {
        epoch,
        clock,
        ingest: (sink) => ingest(sink, this.counters),
        channelOf,
        mayPublish,
        send: (channel, message) => this.#send(channel, message),
        deliver: (event, lanes, stamps) => this.#inbox.deliver(event, lanes, stamps),
        onRefused: (track, error) => {
          const { code, message } = error;
          this.#tell({ kind: 'refused', node, epoch, track, code, message });
          this.#refuse(track, error);
        },
      },
      this.#wanted.all,
    );
  }

  #receive(bytes: Uint8Array): void {
    const { id } = this.#options;
    const message = decodeMessage(bytes);
    // A node does not hear itself, so this is somebody else, and the others may have believed it.
    const isForged = message?.node === id;
    if (isForged) this.#announcer.repeat();
    const problem = isForged ? FORGED : message && this.#others.receive(message);
    if (message === undefined || problem !== undefined) {
      this.#complaints.bad('a message', problem);
      return;
    }
    if (message.kind === 'ask' && message.of === id) this.#announcer.asked();
    if (message.kind === 'alive') this.#heed(message);
    if (message.kind === 'refused' && isSameTerm(message, this.#terms.term)) {
      this.#refuse(message.track, new UserError(message.code, message.message));
    }
    this.#succession.beginIfInformed();
  }

  #heed(message: Alive): void {
    if (message.ingest === undefined) return;
    if (isSameTerm(message, this.#terms.term)) this.#complaints.compare(message);
    else this.#terms.ask();
  }

  #refuse(canonical: string, error: UserError): void {
    // Told now, so that who asks for it again is not taken for who has asked before.
    if (this.#inbox.refuse(canonical, error)) this.#announcer.flush();
  }
}

function usageOf({ usage }: { readonly usage?: Usage | undefined }): { readonly usage?: Usage } {
  return usage === undefined ? {} : { usage };
}
