// Chance for made-up inputs. It depends only on the seed and the index of an input.

import { seeded } from '../support/seeded.ts';

export interface Dice {
  /** True in this share of the calls, from 0 to 1. */
  chance(share: number): boolean;
  /** A whole number from 0 up to `end`. */
  below(end: number): number;
  pick<T>(choices: readonly T[]): T;
  /** From `least` to `most` things. */
  some<T>(least: number, most: number, make: () => T): T[];
  bytes(length: number): Buffer;
}

/** The same seed and index always give the same dice. */
export function diceOf(seed: number, index: number): Dice {
  const random = seeded(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  // Similar seeds have similar first numbers.
  random();
  const below = (end: number) => Math.floor(random() * end);
  return {
    chance: (share) => random() < share,
    below,
    pick: <T>(choices: readonly T[]) => choices[below(choices.length)] as T,
    some: (least, most, make) => Array.from({ length: least + below(most - least + 1) }, make),
    bytes: (length) => Buffer.from(Array.from({ length }, () => below(256))),
  };
}
