// Chance for made-up inputs: all that one input needs comes from its seed and its index alone.

import { seeded } from '../support/seeded.ts';

export interface Dice {
  /** True for that share of the throws, 0 to 1. */
  chance(share: number): boolean;
  /** A whole number from 0 up to `end`. */
  below(end: number): number;
  pick<T>(choices: readonly T[]): T;
  /** From `least` to `most` things. */
  some<T>(least: number, most: number, make: () => T): T[];
  bytes(length: number): Buffer;
}

/** The dice of one index of a seed; the same ones every time. */
export function diceOf(seed: number, index: number): Dice {
  const random = seeded(Math.imul(seed, 0x9e3779b1) ^ Math.imul(index + 1, 0x85ebca6b));
  // Seeds that differ little begin alike.
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
