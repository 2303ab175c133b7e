// What the two sides of the SQLite store tell each other.

import type { CountMessage } from './count-message.ts';
import type { DatabaseOptions } from './sqlite-database.ts';
import type {
  EndedMinute,
  Known,
  MinuteBatch,
  Share,
  Span,
  StoreState,
  TopicCounts,
} from './store.ts';

/** The path of a history without a file. */
export const IN_MEMORY = ':memory:';

/** What the worker is started with. */
export interface WorkerOptions extends DatabaseOptions {
  /** IN_MEMORY, or the path of a file. */
  readonly path: string;
}

/** They come in lists. */
export type Request =
  | { readonly kind: 'follow'; readonly slot: number; readonly topic: string }
  | { readonly kind: 'leave'; readonly slot: number }
  | { readonly kind: 'count'; readonly message: CountMessage }
  | { readonly kind: 'forget' }
  | {
      readonly kind: 'end';
      readonly id: number;
      readonly ended: EndedMinute;
      readonly share: Share | undefined;
    }
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
  /** Messages of this size were counted. */
  | { readonly kind: 'counted'; readonly size: number }
  | { readonly kind: 'answer'; readonly id: number; readonly value: Known | readonly Uint8Array[] };
