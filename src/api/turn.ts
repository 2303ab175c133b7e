// The end of a turn of the event loop, when all that came up in it has come up.

export interface Flushable {
  flush(): void;
}

/** Returns what has `flush` called once this turn is over. */
export function createTurnEnd(): (flushable: Flushable) => void {
  let due: Flushable[] = [];

  function flushAll(): void {
    const now = due;
    due = [];
    for (const flushable of now) flushable.flush();
  }

  return (flushable) => {
    if (due.push(flushable) === 1) setImmediate(flushAll);
  };
}
