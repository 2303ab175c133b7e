// What the two sides of the SQLite store tell each other.

import type { DatabaseOptions } from './sqlite-database.ts';
import type { MinuteBatch, Span, Stored, StoreState, TopicCounts } from './store.ts';

/** The path of a history without a file. */
export const IN_MEMORY = ':memory:';

/** What the worker is started with. */
export interface WorkerOptions extends DatabaseOptions {
  /** IN_MEMORY, or the path of a file. */
  readonly path: string;
}

export type Request =
  /** A part of the batch that the next `batch` ends. */
  | {
      readonly kind: 'part';
      readonly counts: readonly TopicCounts[];
      readonly complete: readonly string[];
    }
  | ({ readonly kind: 'batch' } & Pick<MinuteBatch, 'minute' | 'end'>)
  | { readonly kind: 'read'; readonly id: number; readonly span: Span }
  | { readonly kind: 'close' };

export type Answer =
  | { readonly kind: 'state'; readonly state: StoreState }
  | { readonly kind: 'stored'; readonly id: number; readonly stored: Stored };
