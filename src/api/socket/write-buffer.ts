// Memory to assemble frames in. It is reused after each write that the kernel takes at once.

/** Most ticks have less than this for a socket, in bytes. */
const SIZE = 8 * 1024;

export class WriteBuffer {
  #free = Buffer.allocUnsafeSlow(SIZE);
  /** What was taken last: most listeners of an event get messages of one length. */
  #taken = this.#free.subarray(0, 0);

  /** Memory for `length` bytes. The next call overwrites it unless `keep` comes first. */
  take(length: number): Buffer {
    if (length > SIZE) return Buffer.allocUnsafeSlow(length);
    if (length > this.#free.length) this.#free = Buffer.allocUnsafeSlow(SIZE);
    else if (length === this.#taken.length) return this.#taken;
    this.#taken = this.#free.subarray(0, length);
    return this.#taken;
  }

  /** Never reuses `bytes`, which were taken last and are still in use. */
  keep(bytes: Buffer): void {
    if (bytes !== this.#taken) return;
    this.#free = this.#free.subarray(bytes.length);
    this.#taken = this.#free.subarray(0, 0);
  }
}
