// A WebSocket that hands over the messages of a busy server many at a time. Handled alone, a message costs several times
// as much, because the processor's caches have been used for other things since the last one. To a server that finds its
// messages too many, it sends them one at a time.

/** The shortest time between two batches, in milliseconds. */
const PAUSE = 100;

/** The close code of a server that got too many messages. To graphql-ws, it is a mistake that would be repeated. */
const FLOOD = 4429;
const TRY_AGAIN_LATER = 1013;
/** The time between two messages after the first such close, in milliseconds. It doubles with each one. */
const FIRST_SPACING = 250;
const LONGEST_SPACING = 4000;

type Handler = (message: MessageEvent) => void;

/** The time between two messages that the page sends, in milliseconds. */
let spacing = 0;

/** Whether the server finds the messages of this page too many. */
export function isSlowed(): boolean {
  return spacing > 0;
}

export class BatchingSocket extends WebSocket {
  /** When the next message may be sent. */
  #freeAt = 0;

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
    let closed: ((close: CloseEvent) => void) | null = null;
    this.addEventListener('close', (close) => {
      const isFlood = close.code === FLOOD;
      if (isFlood) spacing = Math.min(spacing * 2 || FIRST_SPACING, LONGEST_SPACING);
      closed?.(isFlood ? new CloseEvent('close', { code: TRY_AGAIN_LATER }) : close);
    });
    Object.defineProperties(this, {
      onmessage: {
        set(handler: Handler | null) {
          handle = handler;
        },
      },
      onclose: {
        set(handler: typeof closed) {
          closed = handler;
        },
      },
    });
  }

  override send(message: string): void {
    // A ping or pong that waits would pass for a broken connection.
    if (spacing === 0 || message.startsWith('{"type":"p')) return void super.send(message);
    const now = performance.now();
    const at = Math.max(now, this.#freeAt);
    this.#freeAt = at + spacing;
    setTimeout(() => {
      if (this.readyState === this.OPEN) super.send(message);
    }, at - now);
  }
}
