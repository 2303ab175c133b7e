// What the server says of its source, asked again and again while somebody looks at the page.

import type { StatusQuery } from '../../schema/operations.ts';
import type { Connection } from './server-connection.ts';

/** How often a source that is live or idle is asked after, and one that is not; in milliseconds. */
const CALM_PACE = 5000;
const BUSY_PACE = 1000;

export function watchSource(connection: Connection, onChange: () => void) {
  let status: StatusQuery['status']['source'] | undefined;
  let timer: ReturnType<typeof setTimeout> | undefined;
  /** Only the answer to the newest question counts. */
  let question = 0;
  let burst = 0;

  async function ask(): Promise<void> {
    clearTimeout(timer);
    const mine = ++question;
    const answer = document.hidden ? undefined : await connection.askStatus();
    if (mine !== question) return;
    if (answer) {
      status = answer.source;
      onChange();
    }
    const isCalm = burst-- <= 0 && (status?.state === 'live' || status?.state === 'idle');
    timer = setTimeout(ask, isCalm ? CALM_PACE : BUSY_PACE);
  }

  document.addEventListener('visibilitychange', () => void ask());
  return {
    get status() {
      return status;
    },
    /** Asks now, and a few times soon after: something that moves the source has just happened. */
    ask(): void {
      burst = 3;
      void ask();
    },
  };
}
