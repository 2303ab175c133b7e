// A piece of memory to put frames together in, used again for each write that the kernel takes at once.

/** Most turns have less than this for a socket, in bytes. */
const SIZE = 8 * 1024;

export class WriteBuffer {
  #free = Buffer.allocUnsafeSlow(SIZE);
  /** What was taken last: most listeners of an event are sent as much of it. */
  #taken = this.#free.subarray(0, 0);

  /** Memory for `length` bytes, which is overwritten by the next call unless `keep` comes before it. */
  take(length: number): Buffer {
    if (length > SIZE) return Buffer.allocUnsafeSlow(length);
    if (length > this.#free.length) this.#free = Buffer.allocUnsafeSlow(SIZE);
    else if (length === this.#taken.length) return this.#taken;
    this.#taken = this.#free.subarray(0, length);
    return this.#taken;
  }

  /** Leaves `bytes`, which were taken last, to whoever still holds them. */
  keep(bytes: Buffer): void {
    if (bytes !== this.#taken) return;
    this.#free = this.#free.subarray(bytes.length);
    this.#taken = this.#free.subarray(0, 0);
  }
}
