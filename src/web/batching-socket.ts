// A WebSocket that hands over the messages of a busy server many at a time. Handled alone, a message costs several times
// as much, because the processor's caches have been used for other things since the last one.

/** The shortest time between two batches, in milliseconds. */
const PAUSE = 100;

type Handler = (message: MessageEvent) => void;

export class BatchingSocket extends WebSocket {
  constructor(address: string | URL, protocols?: string | string[]) {
    super(address, protocols);
    let handle: Handler | null = null;
    let waiting: MessageEvent[] = [];
    let handedOverAt = Number.NEGATIVE_INFINITY;
    let timer: ReturnType<typeof setTimeout> | undefined;
    const handOver = async () => {
      clearTimeout(timer);
      timer = undefined;
      handedOverAt = performance.now();
      const batch = waiting;
      waiting = [];
      for (const message of batch) {
        handle?.(message);
        // What waits for this message goes on before the next one is handed over.
        await undefined;
      }
    };
    this.addEventListener('message', (message) => {
      waiting.push(message);
      // The timers of a hidden page are too slow.
      if (document.hidden || performance.now() - handedOverAt >= PAUSE) void handOver();
      else timer ??= setTimeout(handOver, PAUSE);
    });
    this.addEventListener('close', handOver);
    Object.defineProperty(this, 'onmessage', {
      set(handler: Handler | null) {
        handle = handler;
      },
    });
  }
}
