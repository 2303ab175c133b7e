import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('every test that schema/track.md names is there', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const rows = read('../../../schema/track.md')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').at(-2)?.trim() ?? '')
    .filter((cell) => cell !== 'test');
  const tests = read('./track-socket.test.ts');
  expect(rows.length).toBeGreaterThan(15);
  expect(rows.filter((named) => !tests.includes(`'${named}'`))).toEqual([]);
});
