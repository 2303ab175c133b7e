// The fuzzer: plays session after session of a seed against a running server, batch by batch, and looks
// after each batch whether the server still does its job.

import { play } from './play.ts';
import { SURFACES, type Surface } from './session.ts';
import { sessionOf } from './sessions.ts';
import { startTarget, type Target, within } from './target.ts';

export interface Plan {
  readonly seed: number;
  /** The first session, by its index. */
  readonly from: number;
  /** How many sessions are to be played together now; 0 ends it. */
  next(progress: Progress): number;
  /** The server's options. */
  readonly options?: readonly string[];
  readonly onBatch?: (progress: Progress) => void;
}

export interface Finding {
  /** The sessions that it takes: `--from` and `--sessions` play them again. */
  readonly from: number;
  readonly sessions: number;
  readonly what: string;
}

export interface Progress {
  readonly seed: number;
  sessions: number;
  inputs: number;
  readonly bySurface: Record<Surface, number>;
  readonly findings: Finding[];
  /** Heap used without garbage, in bytes: once the caches are full, and at the end. */
  warmHeap: number;
  heap: number;
  /** Files open at the start and at the end. */
  readonly filesAtStart: number;
  files: number;
}

/** Sessions that are played together. */
export const BATCH = 100;
/** Batches until the caches are full. */
const WARM_UP = 20;
const MEASURE_EVERY = 20;
const DEADLINE_MS = 20_000;
const MOST_FINDINGS = 10;

export async function fuzz(plan: Plan): Promise<Progress> {
  const { seed, from, next, options, onBatch } = plan;
  const target = await startTarget(options);
  try {
    const { files, heap } = await target.measure();
    const progress: Progress = {
      seed,
      sessions: 0,
      inputs: 0,
      bySurface: { post: 0, sse: 0, graphql: 0, track: 0 },
      findings: [],
      warmHeap: heap,
      heap,
      filesAtStart: files,
      files,
    };
    for (let batch = 1, count = next(progress); count > 0; batch++, count = next(progress)) {
      const first = from + progress.sessions;
      const indexes = Array.from({ length: count }, (_, i) => first + i);
      progress.findings.push(...(await playBatch(target, seed, indexes, progress)));
      progress.sessions += count;
      if (target.server.ended !== undefined || progress.findings.length >= MOST_FINDINGS) break;
      if (batch % MEASURE_EVERY !== 0) continue;
      progress.heap = (await target.measure()).heap;
      if (batch === WARM_UP) progress.warmHeap = progress.heap;
      onBatch?.(progress);
    }
    if (target.server.ended === undefined) {
      ({ heap: progress.heap, files: progress.files } = await target.measure());
    }
    return progress;
  } finally {
    await target.stop();
  }
}

async function playBatch(
  target: Target,
  seed: number,
  indexes: readonly number[],
  progress: Progress,
): Promise<Finding[]> {
  const findings = await playTogether(target, seed, indexes, progress);
  const problems = await target.check();
  if (problems.length === 0) return findings;
  const culprit =
    target.server.ended === undefined ? await findCulprit(target, seed, indexes) : undefined;
  const where =
    culprit === undefined
      ? { from: indexes[0] ?? 0, sessions: indexes.length }
      : { from: culprit, sessions: 1 };
  return [...findings, ...problems.map((what) => ({ ...where, what }))];
}

/** Plays sessions all at once, and returns what was wrong with answers to any of them. */
async function playTogether(
  target: Target,
  seed: number,
  indexes: readonly number[],
  progress?: Progress,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const playing = indexes.map((index) => ({ index, ...started(target, seed, index) }));
  const settle = async (those: typeof playing, what: string) => {
    for (const { index, over } of those) {
      const problem = await within(DEADLINE_MS, what, over).catch((error) => String(error));
      if (problem !== undefined) findings.push({ from: index, sessions: 1, what: problem });
    }
  };
  await settle(
    playing.filter(({ session }) => session.after !== 'linger'),
    'the end of a session',
  );
  const left = playing.filter(({ session }) => session.after === 'linger');
  for (const { leave } of left) leave();
  await settle(left, 'the end of a session that was left');
  for (const { session } of playing) {
    if (!progress) continue;
    progress.inputs += session.inputs;
    progress.bySurface[session.surface] += session.inputs;
  }
  return findings;
}

function started(target: Target, seed: number, index: number) {
  return play(sessionOf(seed, index), target.url);
}

/** The one session of some that by itself makes the server complain again. */
async function findCulprit(
  target: Target,
  seed: number,
  indexes: readonly number[],
): Promise<number | undefined> {
  for (const index of indexes) {
    await playTogether(target, seed, [index]);
    if ((await target.check()).length > 0) return index;
    if (target.server.ended !== undefined) return index;
  }
  return undefined;
}

export function describeFindings({ seed, findings }: Progress): string {
  return findings
    .map(
      ({ from, sessions, what }) => `--seed ${seed} --from ${from} --sessions ${sessions}: ${what}`,
    )
    .join('\n');
}

export function describeProgress({
  sessions,
  inputs,
  bySurface,
  findings,
  heap,
}: Progress): string {
  const each = SURFACES.map((surface) => `${surface} ${bySurface[surface]}`).join(', ');
  return `${sessions} sessions, ${inputs} inputs (${each}), ${findings.length} findings, heap ${Math.round(heap / 2 ** 20)} MiB`;
}
