import fc from 'fast-check';
import { expect, test } from 'vitest';
import { formatCursor, isPosition, POSITION_LIMIT, parseCursor } from '../../src/base/position.ts';
import { UserError } from '../../src/base/user-error.ts';

const place = fc.maxSafeNat().map((number) => number % POSITION_LIMIT);
const positions = fc.record({ epoch: place, number: place, time: place });

test('a cursor is read as the position that it was written for', () => {
  fc.assert(
    fc.property(positions, (position) => {
      expect(parseCursor(formatCursor(position))).toEqual(position);
    }),
  );
  const largest = { epoch: POSITION_LIMIT - 1, number: POSITION_LIMIT - 1, time: 0 };
  expect(parseCursor(formatCursor(largest))).toEqual(largest);
});

test('any other text is a BAD_CURSOR', () => {
  const cursor = formatCursor({ epoch: 1, number: 2, time: 3 });
  for (const text of [
    '',
    'x',
    `${cursor}A`,
    cursor.slice(1),
    `${cursor.slice(1)}+`,
    `${cursor}=`,
  ]) {
    const read = parseCursor(text);
    expect(read).toBeInstanceOf(UserError);
    expect(read).toMatchObject({ code: 'BAD_CURSOR' });
  }
});

test('every position is one, and nothing else is', () => {
  fc.assert(fc.property(positions, isPosition));
  const position = { epoch: 1, number: 2, time: 3 };
  for (const name of ['epoch', 'number', 'time']) {
    for (const wrong of [undefined, null, '1', -1, 0.5, Number.NaN, POSITION_LIMIT]) {
      expect(isPosition({ ...position, [name]: wrong })).toBe(false);
    }
  }
  for (const value of [undefined, null, 1, '', []]) expect(isPosition(value)).toBe(false);
});
