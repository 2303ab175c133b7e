import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, onTestFinished, test } from 'vitest';
import { RULE_READS_A_WINDOW, WINDOW_MS } from '../../../src/source/x/limits.ts';
import { ticks } from '../../support/until.ts';
import { startXSource } from '../../support/x-source.ts';

/** Senti reads no more. */
const PAGES_A_LIST = 100;
/** In milliseconds. */
const STEP_MS = 1000;

test('each page of an endless list counts as a read, and Senti makes no more of them than X allows', async () => {
  let asked = 0;
  const x = createServer((_, response) => {
    asked += 1;
    response.end('{"meta":{"next_token":"more"}}');
  });
  x.listen(0, '127.0.0.1');
  await once(x, 'listening');
  onTestFinished(() => {
    x.closeAllConnections();
    x.close();
  });
  const url = `http://127.0.0.1:${(x.address() as AddressInfo).port}/2/`;
  const it = await startXSource({ url });
  it.track('rust');
  for (let passed = 0; passed < WINDOW_MS; passed += STEP_MS) {
    it.clock.advance(STEP_MS);
    await ticks(20);
  }
  expect(asked).toBeGreaterThan(PAGES_A_LIST);
  expect(asked).toBeLessThanOrEqual(RULE_READS_A_WINDOW);
});
