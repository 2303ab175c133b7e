// npm run bench -- history: what keeping the past costs.

import { measurePipeline } from './history-pipeline.ts';
import { measureResume } from './history-resume.ts';
import { measureStore } from './history-store.ts';
import { measureWindows } from './history-window.ts';
import { runParts } from './measure.ts';

/** Each can be asked for by its name. */
const PARTS = {
  pipeline: measurePipeline,
  resume: measureResume,
  windows: measureWindows,
  store: measureStore,
} as const;

export const run = (asked: readonly string[]) => runParts('history', PARTS, asked);
