// Who has no other nodes is not to pay for them.

import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { startReal } from '../support/senti.ts';

const loaded = () =>
  Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('@nats-io'));

test('nothing of NATS is loaded without --nats', async () => {
  await startReal();
  expect(loaded()).toEqual([]);
  await startReal('--nats', 'nats://127.0.0.1:1');
  expect(loaded()).not.toEqual([]);
});
