// A piece of memory to put frames together in, used again for each write that the kernel takes at once.

/** Most turns have less than this for a socket, in bytes. */
const SIZE = 8 * 1024;

export class Scratch {
  #bytes = Buffer.allocUnsafeSlow(SIZE);
  /** What was taken last: most listeners of an event are sent as much of it. */
  #taken = this.#bytes;

  /** Memory for `length` bytes, which is overwritten by the next call unless `keep` comes before it. */
  take(length: number): Buffer {
    if (length > SIZE) return Buffer.allocUnsafeSlow(length);
    if (length !== this.#taken.length) this.#taken = this.#bytes.subarray(0, length);
    return this.#taken;
  }

  /** Leaves what was taken last to whoever still holds it. */
  keep(): void {
    this.#bytes = Buffer.allocUnsafeSlow(SIZE);
    this.#taken = this.#bytes;
  }
}
