import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

test('every test that schema/track.md names exists', () => {
  const read = (path: string) => readFileSync(new URL(path, import.meta.url), 'utf8');
  const names = read('../../../schema/track.md')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split('|').at(-2)?.trim() ?? '')
    .filter((cell) => cell !== 'test');
  const tests = read('./track-socket.test.ts');
  expect(names.length).toBeGreaterThan(15);
  expect(names.filter((name) => !tests.includes(`'${name}'`))).toEqual([]);
});
