// What every transport of GraphQL shares: documents, selections, and the masking of errors.

import type { Analyze } from '../../sentiment/analysis.ts';
import type { Shared } from '../shared.ts';
import { Broadcast } from './broadcast.ts';
import type { ApiContext } from './builder.ts';
import { createDocuments, type Documents } from './documents.ts';
import { createMask } from './masked-errors.ts';
import { schema } from './schema.ts';
import type { Mask } from './selection.ts';

export interface Operations {
  readonly documents: Documents;
  readonly broadcast: Broadcast;
  readonly context: Omit<ApiContext, 'follow'>;
  readonly mask: Mask;
}

export function createOperations(
  { telemetry, multiplexer, limits }: Shared,
  analyze: Analyze,
): Operations {
  const context = { multiplexer, analyze };
  const mask = createMask(telemetry.log('operation'));
  const documents = createDocuments(schema, limits, telemetry);
  return { documents, broadcast: new Broadcast(context, mask), context, mask };
}
