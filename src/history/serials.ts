// Serial numbers for the entries of the log. They grow by as much as the numbers of the positions do, so a serial leads
// back to the position of an entry that is long gone.

import type { Position } from '../base/position.ts';

/** Entries whose serials are so far apart from the numbers of their positions. */
interface Era {
  /** The serial of the first one. */
  readonly from: number;
  readonly epoch: number;
  readonly shift: number;
}

/** Further back, serials lead nowhere. */
const MAX_ERAS = 4096;
/** Numbers of another node could jump. Serials are whole numbers below 2^53, so they do not jump along. */
const LONGEST_STEP = 2 ** 32;
/** The low bits that no serial has, and that stand for none. */
export const NONE = 0;

export class Serials {
  /** The last one that was given; 0 if none was. */
  last = 0;
  /** From this one on, all belong to positions of one epoch. */
  epochFrom = 0;
  readonly #eras: Era[] = [];

  /** The serial of the next entry, which is greater than all before. */
  next({ epoch, number }: Position): number {
    const era = this.#eras.at(-1);
    const step = era?.epoch === epoch ? number + era.shift - this.last : 0;
    if (step >= 1 && step < LONGEST_STEP && lowBits(this.last + step) !== NONE) {
      this.last += step;
      return this.last;
    }
    // Another epoch, or an entry that is older than the one before it.
    this.last += lowBits(this.last + 1) === NONE ? 2 : 1;
    if (era?.epoch !== epoch) this.epochFrom = this.last;
    this.#eras.push({ from: this.last, epoch, shift: this.last - number });
    if (this.#eras.length > MAX_ERAS) this.#eras.shift();
    return this.last;
  }

  /** What the position of an entry was; undefined if that is no longer known. */
  positionOf(serial: number): Omit<Position, 'time'> | undefined {
    const era = this.#eras.findLast(({ from }) => from <= serial);
    return era && { epoch: era.epoch, number: serial - era.shift };
  }
}

/** The low bits of a serial. Together with a later serial that is less than 2^32 away, they tell it. */
export function lowBits(serial: number): number {
  return serial >>> 0;
}

/** The serial with these low bits that is `later` or comes closest before it. */
export function closestBefore(later: number, low: number): number {
  return later - ((lowBits(later) - low) >>> 0);
}
