// Part of npm run bench -- history: posts through matcher, analysis and topics, without the past, with recent events, and
// with counts as well.

import { execFile } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { median } from './measure.ts';

const WAYS = ['without', 'events', 'both'] as const;
const WORKLOADS = [1000, 100_000];
/** The ways take turns, since machines are noisy. */
const TURNS = 3;
const PROGRAM = fileURLToPath(new URL('./history-pipeline-way.ts', import.meta.url));

interface Found {
  readonly median: number;
  readonly least: number;
  readonly events: number;
}

export async function measurePipeline() {
  const rows = [];
  for (const tracks of WORKLOADS) {
    const found: Record<(typeof WAYS)[number], Found[]> = { without: [], events: [], both: [] };
    for (let turn = 0; turn < TURNS; turn++) {
      for (const way of WAYS) found[way].push(await measure(way, tracks));
    }
    const of = (way: (typeof WAYS)[number]) => median(found[way].map(({ least }) => least));
    const more = (way: (typeof WAYS)[number]) => Math.round(100 * (of(way) / of('without') - 1));
    rows.push({
      tracks,
      'events a post': Number((found.both[0]?.events ?? 0).toFixed(1)),
      'ns a post without': Math.round(of('without')),
      'with events': Math.round(of('events')),
      'with counts too': Math.round(of('both')),
      'events more %': more('events'),
      'both more %': more('both'),
    });
  }
  return { title: 'ns of CPU for each post, without and with the past', rows };
}

async function measure(way: string, tracks: number): Promise<Found> {
  const { stdout } = await promisify(execFile)(process.execPath, [PROGRAM, way, String(tracks)]);
  return JSON.parse(stdout);
}
