import fc from 'fast-check';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { type Line, LineSplitter, lines } from '../../src/source/lines.ts';

const MIB = 1024 * 1024;

async function* inChunks(bytes: Uint8Array, cuts: readonly number[]) {
  const sorted = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].sort((a, b) => a - b);
  let start = 0;
  for (const cut of [...sorted, bytes.length]) {
    yield bytes.subarray(start, cut);
    start = cut;
  }
}

async function read(text: string, cuts: readonly number[] = [], maxBytes = 1000): Promise<Line[]> {
  return Array.fromAsync(lines(inChunks(new TextEncoder().encode(text), cuts), maxBytes));
}

describe('lines', () => {
  test('end at either line break, and are numbered from 1', async () => {
    expect(await read('a\r\nb\n\nc')).toEqual([
      { number: 1, text: 'a' },
      { number: 2, text: 'b' },
      { number: 3, text: '' },
      { number: 4, text: 'c' },
    ]);
  });

  test('that are too long have no text, and the next one is whole', async () => {
    expect(await read('aaaa\nbb\ncccc', [1, 3], 3)).toEqual([
      { number: 1, text: undefined },
      { number: 2, text: 'bb' },
      { number: 3, text: undefined },
    ]);
  });

  test('take no more memory when they arrive byte by byte', () => {
    const splitter = new LineSplitter(MIB);
    const byte = new TextEncoder().encode('x');
    const joined = vi.spyOn(Buffer, 'concat');
    onTestFinished(() => joined.mockRestore());
    for (let n = 0; n < MIB; n++)
      for (const line of splitter.push(byte)) throw new Error(line.text);
    expect(splitter.end()).toEqual({ number: 1, text: 'x'.repeat(MIB) });
    expect(Math.max(...joined.mock.calls.map(([pieces]) => pieces.length))).toBeLessThan(2000);
  });

  test('are the same wherever the chunks are cut, even within an emoji', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.string({ unit: fc.constantFrom('a', 'é', '漢', '😀', '\r', ' ') })),
        fc.array(fc.nat(200)),
        async (texts, cuts) => {
          const text = texts.join('\n');
          expect(await read(text, cuts)).toEqual(await read(text));
        },
      ),
    );
  });
});
