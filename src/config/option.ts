// A row of the table of options, and how its names follow from its key.

import type { Kind } from './values.ts';

interface Row<T> extends Kind<T> {
  readonly fallback: T;
  readonly help: string;
  /** The default as the help page shows it. */
  readonly usual: string;
}

/** Replaces what would follow from the other parts of a row. */
interface Special {
  readonly flag?: string;
  readonly env?: string;
  readonly usual?: string;
  /** A secret has no flag: other users of the machine can read a command line. */
  readonly isSecret?: boolean;
}

interface Names {
  readonly flag: string | undefined;
  readonly env: string;
}

export type Option<T> = Row<T> & Names;

export function option<T, const F extends NoInfer<T> | '' | undefined>(
  kind: Kind<T>,
  fallback: F,
  help: string,
  special: Special = {},
): Row<T | F> {
  return { ...kind, fallback, help, usual: inWords(fallback), ...special };
}

/** `maxTracks` becomes --max-tracks and MAX_TRACKS, unless its row says otherwise. */
export function named<T extends Readonly<Record<string, Row<unknown> & Special>>>(rows: T) {
  const options = Object.entries(rows).map(([key, row]) => {
    const flag = row.flag ?? key.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`);
    const env = row.env ?? flag.toUpperCase().replaceAll('-', '_');
    return [key, { ...row, flag: row.isSecret ? undefined : flag, env }];
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
