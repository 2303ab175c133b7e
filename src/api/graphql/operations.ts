// What every transport of GraphQL shares: documents, selections, and the masking of errors.

import { TimeSlices } from '../../base/time-slices.ts';
import type { Analyze, Explain } from '../../sentiment/analysis.ts';
import type { Estimator } from '../../source/source.ts';
import type { LookBack } from '../../stream/history.ts';
import type { Shared } from '../shared.ts';
import { createBroadcast } from './broadcast.ts';
import { CatchUps } from './catch-ups.ts';
import { createDocuments } from './documents.ts';
import { asSubgraph } from './federation.ts';
import { createMask } from './masked-errors.ts';
import { schema as own } from './schema.ts';

export type Operations = ReturnType<typeof createOperations>;

export function createOperations(
  { telemetry, multiplexer, windows, limits, clock }: Shared,
  answers: {
    readonly analyze: Analyze;
    readonly explain: Explain;
    readonly estimate: Estimator;
  },
  { history }: LookBack,
) {
  const lookBack = { history, now: () => clock.now(), maxBuckets: limits.maxHistoryBuckets };
  const context = { multiplexer, ...answers, lookBack };
  const mask = createMask(telemetry.log('operation'));
  const schema = limits.federation ? asSubgraph(own) : own;
  const documents = createDocuments(schema, limits, telemetry);
  const feeding = { multiplexer, windows, catchUps: new CatchUps(new TimeSlices(clock)) };
  return { schema, documents, feeding, broadcast: createBroadcast(context, mask), context, mask };
}
