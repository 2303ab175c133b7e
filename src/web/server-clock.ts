// The server's time, by which everything on the page is counted. The clock of the browser may be wrong, or set anew.

export class ServerClock {
  /** The time at which `performance.now()` was zero. Until the server tells the time, the browser's clock has to do. */
  #origin = Date.now() - performance.now();

  /** In milliseconds since 1970. It is late by as long as the message was on its way that told the time. */
  now(): number {
    return this.#origin + performance.now();
  }

  /** Takes a time from the server, in ISO 8601. Anything else changes nothing. */
  set(time: unknown): void {
    const told = typeof time === 'string' ? Date.parse(time) : Number.NaN;
    if (!Number.isNaN(told)) this.#origin = told - performance.now();
  }

  /** Goes on to a time if it is later, and returns by how many milliseconds. In sleep, some browsers count no time. */
  catchUp(time: string): number {
    const late = Date.parse(time) - this.now();
    if (!(late > 0)) return 0;
    this.#origin += late;
    return late;
  }
}
