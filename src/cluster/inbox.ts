// What a node does with each message of its peers.

import { UserError } from '../base/user-error.ts';
import type { DeletedPosts } from './deleted-posts.ts';
import type { Election } from './election.ts';
import type { InterestPublisher } from './interest-publisher.ts';
import { decodeMessage, type NodeMessage } from './node-message.ts';
import type { PeerFaults } from './peer-faults.ts';
import type { Peers } from './peers.ts';
import { isSameTerm, type Term } from './term.ts';

interface InboxOptions {
  /** The id of this node. */
  readonly node: string;
  readonly peers: Peers;
  readonly election: Election;
  readonly publisher: InterestPublisher;
  readonly deleted: DeletedPosts;
  readonly faults: PeerFaults;
  /** The source cannot follow the track with this canonical form. */
  readonly reject: (canonical: string, error: UserError) => void;
}

export class Inbox {
  readonly #options: InboxOptions;

  constructor(options: InboxOptions) {
    this.#options = options;
  }

  receive(bytes: Uint8Array): void {
    const { node, peers, publisher, faults } = this.#options;
    const message = decodeMessage(bytes);
    if (message === undefined) faults.bad('a message');
    else if (message.node === node) {
      // A relay does not echo, so this was forged, and the peers may have believed it.
      publisher.invalidate();
      faults.bad('a message', 'it was sent in the name of this node');
    } else {
      const noRoom = peers.receive(message);
      if (noRoom === undefined) this.#handle(message);
      else faults.bad('a message', noRoom);
    }
  }

  #handle(message: NodeMessage): void {
    const { node, election, publisher, deleted, reject } = this.#options;
    if (message.kind === 'ask') {
      if (message.of === node) publisher.requestSnapshot();
    } else if (message.kind === 'deleted') {
      if (!isSameTerm(message, election.term)) return;
      deleted.take(message.posts);
    } else if (message.kind === 'missed') {
      deleted.repeat();
    } else if (message.kind === 'rejected') {
      if (!isSameTerm(message, election.term)) return;
      reject(message.track, new UserError(message.code, message.message));
    } else if (message.kind === 'alive' && message.ingest !== undefined) {
      const { ingest, scoring, time } = message;
      this.#hearIngest({ node: message.node, epoch: ingest.epoch }, scoring, time);
    }
    election.beginIfInformed();
  }

  /** The node that ingests is alive, and says how it scores and what its clock shows. */
  #hearIngest(term: Term, scoring: string, time: number | undefined): void {
    const { election, faults, deleted } = this.#options;
    if (!isSameTerm(term, election.term)) {
      election.verify();
      return;
    }
    faults.compare(term.node, scoring);
    if (time !== undefined) faults.compareClocks(term.node, time);
    deleted.catchUp();
  }
}
