// Messages of a node that there is not.

import { encodeEvent, type Stamp, stampEvent } from '../../src/cluster/event-message.ts';
import { encodeMessage, type NodeMessage } from '../../src/cluster/node-message.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';

const analyze = createAnalyzer('full', vader);

/** `node` says that it ingests, in `epoch`. */
export function ingesting(node: string, epoch: number): Uint8Array {
  const state = { name: 'live' } as const;
  return alive(node, { epoch, ingest: { name: 'hand', state } });
}

/** `node` says that it is there. */
export function alive(
  node: string,
  said: Partial<NodeMessage & { kind: 'alive' }> = {},
): Uint8Array {
  const listeners = 0;
  const scoring = 'profile=full';
  return encodeMessage({
    kind: 'alive',
    node,
    version: 0,
    digest: 0,
    listeners,
    epoch: 0,
    scoring,
    ...said,
  });
}

/** An event of a post that nobody has posted. */
export function event(stamp: Stamp, id: string): Uint8Array {
  const post = { id, source: 'hand', text: 'forged', langs: [] };
  return stampEvent(stamp, encodeEvent({ ...analyze(post.text), post }));
}
