// A ledger in memory, which can be away.

import type { Ledger } from '../../src/base/ledger.ts';

export function createLedger() {
  const it = {
    text: undefined as string | undefined,
    away: '',
    writes: 0,
    held: Promise.resolve(),
  };
  const ledger: Ledger = {
    async update(change) {
      await it.held;
      if (it.away !== '') return it.away;
      const after = change(it.text);
      if (after !== it.text) it.writes += 1;
      it.text = after;
      return undefined;
    },
  };
  return Object.assign(it, { ledger });
}
