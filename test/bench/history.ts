// npm run bench -- history: what keeping the past costs.

import { measurePipeline } from './history-pipeline.ts';
import { measureResume } from './history-resume.ts';
import { measureStore } from './history-store.ts';
import { measureWindows } from './history-window.ts';
import { table } from './measure.ts';

/** Each can be asked for by its name. */
const PARTS = {
  pipeline: measurePipeline,
  resume: measureResume,
  windows: measureWindows,
  store: measureStore,
} as const;

export async function run(asked: readonly string[]): Promise<void> {
  const found: Record<string, unknown> = { bench: 'history' };
  for (const [name, measure] of Object.entries(PARTS)) {
    if (asked.length > 0 && !asked.includes(name)) continue;
    const { title, rows } = await measure();
    process.stdout.write(`${title}\n\n${table(rows)}\n`);
    found[name] = rows;
  }
  process.stdout.write(`${JSON.stringify(found)}\n`);
}
