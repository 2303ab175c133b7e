import fc from 'fast-check';
import { expect, test } from 'vitest';
import { KeyQueue } from '../../src/history/key-queue.ts';

test('a queue gives the oldest key, whichever come and go', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(fc.nat({ max: 5 }), fc.nat({ max: 3000 }))), (keys) => {
      const queue = new KeyQueue();
      const model = new Set<number>();
      for (const key of keys) {
        const wasThere = model.delete(key);
        expect(queue.delete(key)).toBe(wasThere);
        if (!wasThere) {
          queue.add(key);
          model.add(key);
        }
        const [oldest] = model;
        expect(queue.oldest).toBe(oldest);
      }
      for (const key of model) {
        expect(queue.oldest).toBe(key);
        queue.delete(key);
      }
      expect(queue.oldest).toBeUndefined();
    }),
  );
});
