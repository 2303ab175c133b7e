import fc from 'fast-check';
import { expect, test } from 'vitest';
import { NumberLists } from '../../src/history/number-lists.ts';

const step = fc.record({
  list: fc.nat({ max: 4 }),
  what: fc.constantFrom('push', 'push many', 'drop', 'replace', 'close'),
  count: fc.nat({ max: 40 }),
});

test('lists of numbers hold what ordinary lists hold, whatever is done to them', () => {
  fc.assert(
    fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
      const lists = new NumberLists();
      const plain: number[][] = [[], [], [], [], []];
      for (const list of plain.keys()) lists.open(list);
      for (const [i, { list, what, count }] of steps.entries()) {
        const model = plain[list] as number[];
        const added = Array.from({ length: what === 'push' ? 1 : count }, (_, n) => 1000 * i + n);
        if (what === 'push' || what === 'push many') {
          model.push(...added);
          for (const element of added) lists.push(list, element);
        } else if (what === 'replace') {
          model.splice(0, model.length, ...added);
          lists.replace(list, added);
        } else if (what === 'drop') {
          const dropped = model.splice(0, count).length;
          lists.dropUntil(list, lists.first(list) + dropped);
        } else {
          model.length = 0;
          lists.close(list);
        }
        for (const [each, expected] of plain.entries()) {
          const first = lists.first(each);
          const found = expected.map((_, n) => lists.at(each, first + n));
          expect([lists.size(each), found]).toEqual([expected.length, expected]);
          expect(expected.every((element) => lists.has(each, element))).toBe(true);
          expect(lists.has(each, 999_999)).toBe(false);
        }
      }
    }),
  );
});

test('the end of a list stays when its elements are replaced', () => {
  const lists = new NumberLists();
  lists.open(0);
  for (let element = 0; element < 10; element += 1) lists.push(0, element);
  lists.replace(0, [7, 8, 9]);
  expect([lists.first(0), lists.end(0), lists.at(0, 9)]).toEqual([7, 10, 9]);
});
