import { readdirSync } from 'node:fs';
import { basename } from 'node:path';
import { expect, test } from 'vitest';

test('no two source files share a name, so that a name is enough to find one', () => {
  const files = readdirSync(new URL('../src/', import.meta.url), { recursive: true })
    .map(String)
    .filter((path) => path.endsWith('.ts'))
    .map((path) => basename(path));
  expect(files.filter((name, i) => files.indexOf(name) !== i)).toEqual([]);
});
