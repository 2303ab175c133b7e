// A server without peers does not pay for them.

import { createRequire } from 'node:module';
import { expect, test } from 'vitest';
import { startReal } from '../support/senti.ts';

const loaded = () =>
  Object.keys(createRequire(import.meta.url).cache).filter((path) => path.includes('@nats-io'));

test('without --nats, no module of NATS is loaded', async () => {
  await startReal();
  expect(loaded()).toEqual([]);
  await startReal('--nats', 'nats://127.0.0.1:1');
  expect(loaded()).not.toEqual([]);
});
