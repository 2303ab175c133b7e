// Polls the states of the server's sources, seldom while the page is hidden.

import type { StatusQuery } from '../../schema/operations.ts';
import type { Connection } from './server-connection.ts';

/** The time between two polls of a live or idle source, and of any other; in milliseconds. */
const CALM_PACE = 5000;
const BUSY_PACE = 1000;
/** The same while the page is hidden, when only the title of its tab shows the state. */
const HIDDEN_PACE = 30_000;
/** The states in which no posts come. An idle source starts as soon as something is tracked. */
const OUT = ['connecting', 'waiting', 'paused'];
/** The source that charges by the post. */
const PAID = 'x';

function isPaid({ sources }: StatusQuery['status']): boolean {
  return sources.some(({ name }) => name === PAID);
}

export function watchSource(connection: Connection, onChange: () => void) {
  let status: StatusQuery['status'] | undefined;
  const known = Promise.withResolvers<void>();
  let fineAt: number | undefined;
  let outSince: number | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Only the answer to the newest query counts. */
  let question = 0;
  let burst = 0;

  async function ask(): Promise<void> {
    clearTimeout(timer);
    const mine = ++question;
    const answer = await connection.askStatus();
    if (mine !== question) return;
    if (answer) {
      status = answer;
      known.resolve();
      if (OUT.includes(status.source.state)) outSince ??= fineAt ?? connection.clock.now();
      else {
        outSince = undefined;
        fineAt = connection.clock.now();
      }
      onChange();
    }
    const state = status?.source.state;
    const isCalm = burst-- <= 0 && (state === 'live' || state === 'idle');
    timer = setTimeout(ask, document.hidden ? HIDDEN_PACE : isCalm ? CALM_PACE : BUSY_PACE);
  }

  document.addEventListener('visibilitychange', () => void ask());
  return {
    get sources() {
      return status?.sources;
    },
    /** Whether one of the sources charges by the post: at once, or when the server has named them. */
    isPaid(): boolean | Promise<boolean> {
      return status === undefined ? known.promise.then(() => this.isPaid()) : isPaid(status);
    },
    /** Since when no posts may have come, in milliseconds since 1970; undefined while they come. */
    get outSince() {
      return outSince;
    },
    /** Polls now and a few times soon after, since the state of the source is about to change. */
    ask(): void {
      burst = 3;
      void ask();
    },
  };
}
