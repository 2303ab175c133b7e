// A row of the table of options, and how its names follow from its key.

import type { Kind } from './values.ts';

export interface Option<T> extends Kind<T> {
  /** Undefined for a secret: other users of the machine can read a command line. */
  readonly flag: string | undefined;
  readonly env: string;
  readonly fallback: T;
  readonly help: string;
  /** Whether a command line may give it several times. */
  readonly isList: boolean;
  /** The default as the help page shows it. */
  readonly usual: string;
}

type Names = Pick<Option<unknown>, 'flag' | 'env'>;
type Row<T> = Omit<Option<T>, keyof Names>;

/** `special` replaces what follows from the key and the fallback. */
export function option<T, const F extends NoInfer<T> | '' | undefined>(
  kind: Kind<T>,
  fallback: F,
  help: string,
  special: Partial<Pick<Option<T>, 'flag' | 'env' | 'usual' | 'isList'>> = {},
): Row<T | F> {
  return { ...kind, fallback, help, usual: inWords(fallback), isList: false, ...special };
}

/** `maxTracks` becomes --max-tracks and MAX_TRACKS, unless its row says otherwise. */
export function named<T extends Readonly<Record<string, Row<unknown>>>>(rows: T) {
  const options = Object.entries(rows).map(([key, row]) => {
    const flag = key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const env = flag.toUpperCase().replaceAll('-', '_');
    return [key, { flag, env, ...row }];
  });
  return Object.fromEntries(options) as { readonly [K in keyof T]: T[K] & Names };
}

/** What an operator sets: the flag, or the variable of a secret. */
export function nameOf({ flag, env }: Names): string {
  return flag === undefined ? env : `--${flag}`;
}

function inWords(fallback: unknown): string {
  if (typeof fallback === 'boolean') return fallback ? 'on' : 'off';
  return String(fallback ?? '');
}
