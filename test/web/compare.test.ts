import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { compare, inSteps } from '../../src/web/compare.ts';
import { type Counts, sharesOfVoice } from '../../src/web/polarity-counts.ts';
import { readRange } from '../../src/web/range.ts';
import type { Cell } from '../../src/web/rolling-window.ts';
import { DASHES, freePlace } from '../../src/web/topic-sign.ts';

const HOUR = readRange('?range=1h');

/** A minute each, from minute `first` on; undefined where posts may be missing. */
function minutes(first: number, ...all: (Counts | undefined)[]): Cell[] {
  return all.map((counts, i) => {
    const from = (first + i) * 60;
    return { from, to: from + 60, counts: counts ?? [0, 0, 0], isKnown: counts !== undefined };
  });
}

describe('the comparison', () => {
  test('tells posts as a mean of some minutes, on one axis for all topics, with gaps', () => {
    const six = Array<Counts>(6).fill([2, 1, 1]);
    const coffee = minutes(0, ...six, [14, 1, 1], undefined, [4, 0, 0]);
    const { times, lines, unknown, at } = compare([coffee, minutes(5, [6, 0, 0])], HOUR, 'voice');
    expect(times.slice(0, 2)).toEqual([30, 90]);
    // One or two minutes are no mean.
    expect(lines[0]).toEqual([null, null, 4, 4, 4, 4, 6, null, 6.4]);
    expect(lines[1]).toEqual(Array(9).fill(null));
    expect(unknown).toEqual([[390, 510]]);
    expect(at(370)).toEqual({ from: 60, to: 420, counts: [[24, 6, 6], undefined] });
    expect(at(-1)).toBeUndefined();
    expect(at(540)).toBeUndefined();
  });

  test('draws no balance of few posts, and has more posts in each than the number of posts has', () => {
    const coffee = minutes(0, ...Array<Counts>(12).fill([1, 0, 0]));
    const [balances = []] = compare([coffee], HOUR, 'balances').lines;
    expect(balances).toEqual([...Array(9).fill(null), 100, 100, 100]);
  });

  test('has nothing to draw of nothing', () => {
    expect(compare([[], []], HOUR, 'voice')).toMatchObject({ times: [], lines: [[], []] });
  });

  test('takes the seconds of a live topic five at a time, as posts a second', () => {
    const live = readRange('');
    const seconds = Array.from({ length: 33 }, (_, i): Cell => {
      return { from: 1003 + i, to: 1004 + i, counts: [1, 0, 1], isKnown: i !== 20 };
    });
    const steps = inSteps(seconds, live);
    expect(steps.map(({ from, isKnown }) => [from, isKnown])).toEqual([
      ...[1005, 1010, 1015].map((from) => [from, true]),
      [1020, false],
      ...[1025, 1030].map((from) => [from, true]),
    ]);
    const [posts = []] = compare([steps], live, 'voice').lines;
    expect(posts).toEqual([null, null, 2, null, 2, 2]);
  });

  test('tells shares of all posts, and none if those of a topic are not known', () => {
    expect(sharesOfVoice([3, 1])).toEqual([75, 25]);
    // Whole numbers that add up to a hundred.
    expect(sharesOfVoice([5, 3])).toEqual([63, 37]);
    expect(sharesOfVoice([3, undefined])).toBeUndefined();
    expect(sharesOfVoice([0, 0])).toBeUndefined();
  });
});

describe('the signs of topics', () => {
  const style = ['style', 'comparison'].map((name) =>
    readFileSync(new URL(`../../src/web/${name}.css`, import.meta.url), 'utf8'),
  );
  /** The values of a custom property in the light and the dark scheme. */
  const valuesOf = (name: string) =>
    [...style.join().matchAll(new RegExp(`--${name}: #(\\w{6})`, 'g'))].map(([, hex = '']) =>
      [0, 2, 4].map((at) => linear(Number.parseInt(hex.slice(at, at + 2), 16) / 255)),
    );
  const schemes = [0, 1].map((scheme) => {
    const of = (name: string) => valuesOf(name)[scheme] ?? [];
    return {
      colors: DASHES.map((_, place) => of(`topic-${place}`)),
      papers: [of('paper'), of('raised')],
    };
  });

  test('have a colour of enough contrast on each paper (WCAG 1.4.11)', () => {
    for (const { colors, papers } of schemes) {
      for (const paper of papers) {
        for (const color of colors) expect(contrast(color, paper)).toBeGreaterThanOrEqual(3);
      }
    }
  });

  test('can be told apart by people who see colours differently', () => {
    for (const { colors } of schemes) {
      for (const seen of Object.values(VISIONS)) {
        const labs = colors.map((color) => oklab(seen.map((row) => Math.max(dot(row, color), 0))));
        labs.forEach((one, i) => {
          for (const other of labs.slice(i + 1)) {
            expect(Math.hypot(...one.map((value, at) => value - (other[at] ?? 0)))).toBeGreaterThan(
              0.12,
            );
          }
        });
      }
    }
  });

  test('have dashes of their own, and stay with a topic while it is there', () => {
    expect(new Set(DASHES.map(String)).size).toBe(4);
    expect([freePlace([]), freePlace([0, 2]), freePlace([1])]).toEqual([0, 1, 0]);
  });
});

type Color = readonly number[];

function linear(value: number): number {
  return value <= 0.04045 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
}

function dot(row: readonly number[], color: Color): number {
  return row.reduce((total, factor, i) => total + factor * (color[i] ?? 0), 0);
}

function contrast(one: Color, other: Color): number {
  const [low = 0, high = 0] = [one, other]
    .map((color) => dot([0.2126, 0.7152, 0.0722], color))
    .sort((a, b) => a - b);
  return (high + 0.05) / (low + 0.05);
}

/** Machado, Oliveira and Fernandes 2009, for linear RGB. */
const VISIONS = {
  usual: [
    [1, 0, 0],
    [0, 1, 0],
    [0, 0, 1],
  ],
  protanopia: [
    [0.152286, 1.052583, -0.204868],
    [0.114503, 0.786281, 0.099216],
    [-0.003882, -0.048116, 1.051998],
  ],
  deuteranopia: [
    [0.367322, 0.860646, -0.227968],
    [0.280085, 0.672501, 0.047413],
    [-0.01182, 0.04294, 0.968881],
  ],
  tritanopia: [
    [1.255528, -0.076749, -0.178779],
    [-0.078411, 0.930809, 0.147602],
    [0.004733, 0.691367, 0.3039],
  ],
};

/** Ottosson 2020. */
function oklab(color: Color): number[] {
  const cones = [
    [0.4122214708, 0.5363325363, 0.0514459929],
    [0.2119034982, 0.6806995451, 0.1073969566],
    [0.0883024619, 0.2817188376, 0.6299787005],
  ].map((row) => Math.cbrt(dot(row, color)));
  return [
    [0.2104542553, 0.793617785, -0.0040720468],
    [1.9779984951, -2.428592205, 0.4505937099],
    [0.0259040371, 0.7827717662, -0.808675766],
  ].map((row) => dot(row, cones));
}
