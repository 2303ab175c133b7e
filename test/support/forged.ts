// Messages of a node that does not exist.

import { addHeader, type EventHeader, encodeEvent } from '../../src/cluster/event-message.ts';
import { encodeMessage, type NodeMessage } from '../../src/cluster/node-message.ts';
import { createAnalyzer } from '../../src/sentiment/analysis.ts';
import { vader } from '../../src/sentiment/vader/vader.ts';
import { SOMEWHERE } from './keeping.ts';
import { TEXT_ALONE } from './posts.ts';

const analyze = createAnalyzer('full', vader);

/** `node` says that it ingests, in `epoch`. */
export function ingesting(node: string, epoch: number): Uint8Array {
  const state = { name: 'live' } as const;
  return alive(node, { ingest: { epoch, name: 'hand', state } });
}

/** `node` says that it is alive. */
export function alive(
  node: string,
  said: Partial<NodeMessage & { kind: 'alive' }> = {},
): Uint8Array {
  const listeners = 0;
  const scoring = 'profile=full';
  return encodeMessage({
    kind: 'alive',
    node,
    generation: 0,
    digest: 0,
    listeners,
    scoring,
    ...said,
  });
}

/** An event of a post that does not exist. */
export function event(header: EventHeader, id: string): Uint8Array {
  const post = { ...TEXT_ALONE, id, source: 'hand', text: 'forged', langs: [] };
  return addHeader(header, encodeEvent({ ...analyze(post.text), post, position: SOMEWHERE }));
}
