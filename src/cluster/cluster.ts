// The feed of a node that has peers. One node holds the lease and ingests for all. Every node delivers to its own
// listeners, and tells its peers which tracks those want.

import { type Clock, within } from '../base/clock.ts';
import type { Ledger } from '../base/ledger.ts';
import type { Redact } from '../base/redact.ts';
import type { UserError } from '../base/user-error.ts';
import type { ClusterState, RelayCounters } from '../stream/cluster-state.ts';
import { type PostCounters, postCountersAtZero } from '../stream/counters.ts';
import type { Feed, FeedSink } from '../stream/feed.ts';
import type { Ingest } from '../stream/ingest.ts';
import type { SharedPast } from '../stream/journal.ts';
import type { Past, PastReader, Start } from '../stream/recorder.ts';
import type { Relay, RelaySink } from '../stream/relay.ts';
import type { Track } from '../track/track.ts';
import { DeletedPosts } from './deleted-posts.ts';
import { Delivery } from './delivery.ts';
import { Election } from './election.ts';
import { Inbox } from './inbox.ts';
import { Interest } from './interest.ts';
import { InterestPublisher } from './interest-publisher.ts';
import { Leader, type Route } from './leader.ts';
import { encodeMessage, type NodeMessage } from './node-message.ts';
import { NodeStatus } from './node-status.ts';
import { PeerFaults } from './peer-faults.ts';
import { Peers } from './peers.ts';
import { Recall } from './recall.ts';
import type { Term } from './term.ts';

export interface ClusterOptions {
  /** Identifies this run of this node: no other node has it, and the node has another one the next time. */
  readonly id: string;
  readonly clock: Clock;
  readonly connect: (sink: RelaySink) => Relay;
  /** Takes secrets out of the reasons that the relay gives. */
  readonly redact: Redact;
  /** Makes the feed that reads the source while this node holds the lease. */
  readonly ingest: (sink: FeedSink<Route>, counters: Map<string, PostCounters>) => Ingest<Route>;
  /** The names of the sources, for the time before any node reads them. */
  readonly sources: readonly string[];
  /** How this node scores. It should be the same on all nodes. */
  readonly scoring: string;
  /** Whether clients of this node get the texts of posts. */
  readonly postText: boolean;
  /** What this node keeps, whichever node makes the events. */
  readonly past: Past;
  /** What this node and others counted. */
  readonly shared: SharedPast;
  /** Called with the ledger of all nodes. */
  readonly onLedger?: ((ledger: Ledger) => void) | undefined;
  /** How many listeners this node has. */
  readonly listeners: () => number;
  readonly log: Readonly<Record<'info' | 'warn' | 'error', (message: string) => void>>;
}

/** How often a node says that it is alive, in milliseconds. */
const ALIVE_EVERY_MS = 1000;
/** How long a node that stops waits until others have what it counted, in milliseconds. */
const SHARED_IN_MS = 2000;
/** The channel of messages between nodes. Events have channels of their own. */
const NODES = 'nodes';

export class Cluster<T> implements Feed<T> {
  readonly counters: Map<string, PostCounters>;
  readonly #options: ClusterOptions;
  readonly #relayCounters: RelayCounters = { lost: 0, bad: 0, repeated: 0, gaps: 0 };
  readonly #relay: Relay;
  readonly #election: Election;
  readonly #deleted: DeletedPosts;
  readonly #delivery: Delivery<T>;
  readonly #interest: Interest;
  readonly #publisher: InterestPublisher;
  readonly #peers: Peers;
  readonly #faults: PeerFaults;
  readonly #recall: Recall;
  readonly #status: NodeStatus;
  #cancelBeat = () => {};

  constructor(options: ClusterOptions, sink: FeedSink<T>) {
    const { id: node, clock, log } = options;
    const counters = this.#relayCounters;
    const tell = (message: NodeMessage) => this.#tell(message);
    this.#options = options;
    this.counters = new Map(options.sources.map((source) => [source, postCountersAtZero()]));
    this.#faults = new PeerFaults({ ...options, counters });
    const relay = options.connect({
      changed: () => this.#onRelay(),
      lost: (count) => {
        counters.lost += count;
      },
    });
    this.#relay = relay;
    this.#election = new Election({
      keeper: relay.lease,
      clock,
      node,
      isInformed: (since) => this.#peers.isInformed(since),
      begin: (term, mayPublish) => this.#lead(term, mayPublish),
      onChange: () => this.#sendAlive(),
      log,
    });
    this.#deleted = new DeletedPosts({
      node,
      clock,
      election: this.#election,
      send: tell,
      onDeleted: (post) => {
        options.past.deleted(post);
        sink.deleted(post);
      },
    });
    const onBad = () => this.#faults.bad('an event');
    const { past: recorder, postText } = options;
    const delivery = { relay, sink, counters, election: this.#election, onBad };
    this.#delivery = new Delivery({ ...delivery, recorder, postText });
    this.#interest = new Interest((...changes) => this.#election.leader?.change(...changes));
    this.#publisher = new InterestPublisher({ node, clock, send: tell });
    this.#peers = new Peers({
      clock,
      onInterest: (added, dropped) => this.#interest.changePeer(added, dropped),
      ask: (of) => tell({ kind: 'ask', node, of }),
      onMute: (of) =>
        log.error(`cluster: node ${of} does not say what it wants; does it run another version?`),
      onLeaderless: () => this.#election.claim(),
    });
    const parts = { relay, election: this.#election, interest: this.#interest };
    this.#status = new NodeStatus({
      ...options,
      ...parts,
      peers: this.#peers,
      faults: this.#faults,
      counters,
    });
    this.#recall = new Recall({
      ...options,
      ...parts,
      delivery: this.#delivery,
      flush: () => this.#publisher.flush(),
      onBad: (what) => this.#faults.bad(what),
    });
    options.onLedger?.(relay.ledger);
    options.shared.shareBy((message, id) => relay.journal.add(message, id));
    relay.journal.read(async (message) => {
      if (!(await options.shared.take(message))) this.#faults.bad('counts');
    });
    const inbox = new Inbox({
      node,
      peers: this.#peers,
      election: this.#election,
      publisher: this.#publisher,
      deleted: this.#deleted,
      faults: this.#faults,
      reject: (track, error) => this.#reject(track, error),
    });
    relay.listen(NODES, (bytes) => inbox.receive(bytes));
    this.#cancelBeat = clock.after(ALIVE_EVERY_MS, () => this.#beat());
  }

  get source(): Feed<T>['source'] {
    return this.#status.source;
  }

  get cluster(): ClusterState {
    return this.#status.cluster;
  }

  get openTracks(): Feed<T>['openTracks'] {
    return this.#interest.byCanonical;
  }

  open(track: Track, outlet: T): void {
    this.#delivery.open(track, outlet);
    this.#publisher.add(track.canonical);
    this.#interest.setOwn(track.canonical, true);
  }

  close(track: Track): void {
    this.#recall.close(track);
    this.#delivery.close(track);
    this.#publisher.drop(track.canonical);
    this.#interest.setOwn(track.canonical, false);
  }

  read(track: Track, start: Start, then: (reader: PastReader) => void): void {
    this.#recall.read(track, start, then);
  }

  handOver(): Promise<void> {
    return this.#election.resign(this.#peers.size > 0);
  }

  async stop(): Promise<void> {
    await this.handOver();
    const { clock, shared } = this.#options;
    // Handing over ended the minute that it was counting.
    if (this.#relay.offlineReason === undefined) {
      await within(clock, SHARED_IN_MS, shared.written());
    }
    this.#cancelBeat();
    this.#recall.stop();
    this.#deleted.stop();
    this.#publisher.stop();
    this.#election.stop();
    this.#tell({ kind: 'bye', node: this.#options.id });
    await this.#relay.close();
  }

  #beat(): void {
    this.#cancelBeat = this.#options.clock.after(ALIVE_EVERY_MS, () => this.#beat());
    if (this.#relay.offlineReason === undefined) {
      this.#peers.forgetSilent();
      // The lease may run out at any moment, so claim it more often.
      if (this.#status.ingestingPeer === undefined && !this.#election.holdsLease)
        this.#election.claim();
      // Don't announce that we stopped while we still hold the lease: others would try to claim it in vain.
      if (!this.#election.isRetiring) this.#sendAlive();
    }
    this.#election.leader?.retryRejected();
    this.#election.beginIfInformed();
  }

  #sendAlive(): void {
    const { id: node, scoring, listeners, clock } = this.#options;
    const ingest = this.#election.leader?.source;
    // First, so that a peer that counts our listeners knows their tracks, too.
    this.#publisher.flush();
    const { version } = this.#publisher;
    const said = { listeners: listeners(), scoring, time: clock.now(), ingest };
    this.#tell({ kind: 'alive', node, ...version, ...said });
  }

  #tell(message: NodeMessage): void {
    this.#send(NODES, encodeMessage(message));
  }

  #send(channel: string, message: Uint8Array): void {
    if (!this.#relay.send(channel, message)) this.#relayCounters.lost += 1;
  }

  #onRelay(): void {
    const { offlineReason } = this.#relay;
    if (offlineReason !== undefined) {
      this.#options.log.warn(`cluster: ${offlineReason}`);
      this.#deleted.cutOff();
      // The node that ingests goes on delivering to itself, as long as it holds the lease.
      if (this.#election.leader === undefined) this.#delivery.markGaps();
      return;
    }
    this.#options.log.info('cluster: connected');
    this.#peers.connected();
    this.#sendAlive();
    this.#deleted.repeat();
    this.#election.verify();
    this.#election.claim();
  }

  #lead(term: Term, mayPublish: () => boolean): Leader {
    const { clock, ingest } = this.#options;
    return new Leader(
      {
        term,
        clock,
        ingest: (sink) => ingest(sink, this.counters),
        mayPublish,
        send: (channel, message) => this.#send(channel, message),
        deliver: (event, wants) => this.#delivery.deliver(event, wants),
        deleted: (post) => this.#deleted.tell(post, term),
        gap: (want) => this.#delivery.markGap(want),
        onRejected: (track, error) => {
          const { code, message } = error;
          this.#tell({ kind: 'rejected', ...term, track, code, message });
          this.#reject(track, error);
        },
      },
      this.#interest.all,
    );
  }

  #reject(canonical: string, error: UserError): void {
    // Flush now, so that a listener that opens the track again counts as a new request.
    if (this.#delivery.reject(canonical, error)) this.#publisher.flush();
  }
}
