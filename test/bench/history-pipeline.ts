// Part of npm run bench -- history: posts through matcher, analysis and topics, without the past, with recent events, and
// with counts as well.

import { type ChildProcess, fork } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { median } from './measure.ts';

const WAYS = ['without', 'events', 'both'] as const;
const WORKLOADS = [1000, 100_000];
/** Where a process lies in memory makes a difference, so each way has several, one after the other. */
const PROCESSES = 3;
/** The ways take turns after each round, since a machine may be slow for seconds. */
const ROUNDS = 15;
/** The first rounds warm up. */
const WARM_UP = 3;
const PROGRAM = fileURLToPath(new URL('./history-pipeline-way.ts', import.meta.url));

interface Round {
  /** Nanoseconds of CPU a post: those of the thread that bounds how many posts a second there can be, and those of all. */
  readonly thread: number;
  readonly all: number;
  readonly events: number;
}

export async function measurePipeline() {
  const rows = [];
  for (const tracks of WORKLOADS) rows.push(await measure(tracks));
  return { title: 'ns of CPU for each post, without and with the past', rows };
}

async function measure(tracks: number) {
  const rounds: Round[][] = [];
  for (let i = 0; i < PROCESSES; i++) rounds.push(...(await playAll(tracks)));
  const of = (way: number) => median(rounds.map((found) => found[way]?.thread ?? Number.NaN));
  const ratios = (way: number, part: 'thread' | 'all') =>
    median(rounds.map((found) => (found[way]?.[part] ?? 0) / (found[0]?.[part] ?? 0)));
  return {
    tracks,
    'events a post': Number((rounds[0]?.[0]?.events ?? 0).toFixed(1)),
    'ns a post without': Math.round(of(0)),
    'with events': Math.round(of(1)),
    'with counts too': Math.round(of(2)),
    'fewer a second %': Math.round(100 * (1 - 1 / ratios(2, 'thread'))),
    'more CPU in all %': Math.round(100 * (ratios(2, 'all') - 1)),
  };
}

async function playAll(tracks: number): Promise<Round[][]> {
  const processes = WAYS.map((way) => fork(PROGRAM, [way, String(tracks)]));
  const rounds: Round[][] = [];
  for (let round = 0; round < ROUNDS; round++) {
    const found: Round[] = [];
    for (const each of processes) found.push(await play(each));
    if (round >= WARM_UP) rounds.push(found);
  }
  for (const each of processes) each.kill();
  return rounds;
}

async function play(way: ChildProcess): Promise<Round> {
  const answered = once(way, 'message');
  way.send('round');
  const [round] = await answered;
  return round;
}
