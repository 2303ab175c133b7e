// The fuzzer: plays the sessions of a seed against a running server, in batches. After each batch it checks that the
// server still does its job.

import { play } from './play.ts';
import { SURFACES, type Surface } from './session.ts';
import { sessionOf } from './sessions.ts';
import { startTarget, type Target, within } from './target.ts';

export interface Plan {
  readonly seed: number;
  /** The first session, by its index. */
  readonly from: number;
  /** How many sessions to play together now; 0 ends the fuzzing. */
  next(progress: Progress): number;
  /** The server's options. */
  readonly options?: readonly string[];
  readonly onBatch?: (progress: Progress) => void;
}

export interface Finding {
  /** The sessions that cause it. `--from` and `--sessions` play them again. */
  readonly from: number;
  readonly sessions: number;
  readonly what: string;
}

export interface Progress {
  readonly seed: number;
  sessions: number;
  /** Counts only inputs that the server has certainly read. */
  inputs: number;
  readonly bySurface: Record<Surface, number>;
  readonly findings: Finding[];
  /** Heap used without garbage, in bytes: after the warm-up, and at the end. */
  warmHeap: number;
  heap: number;
  /** Files open at the start and at the end. */
  readonly filesAtStart: number;
  files: number;
}

/** Sessions that are played together. */
export const BATCH = 100;
/** Batches until the caches hold most of what they ever will. */
const WARM_UP = 4;
const MEASURE_EVERY = 4;
const DEADLINE_MS = 20_000;
const MAX_FINDINGS = 10;

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
      progress.findings.push(...(await playBatch(plan, target, indexes, progress)));
      progress.sessions += count;
      if (target.server.ended !== undefined || progress.findings.length >= MAX_FINDINGS) break;
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
  plan: Plan,
  target: Target,
  indexes: readonly number[],
  progress: Progress,
): Promise<Finding[]> {
  const findings = await playTogether(target, plan.seed, indexes, progress);
  const problems = await target.check();
  if (problems.length === 0) return findings;
  const culprit = await findCulprit(plan, indexes);
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
  const played = indexes.map((index) => ({
    index,
    playing: play(sessionOf(seed, index), target.url),
  }));
  const lingers = ({ playing }: (typeof played)[number]) => playing.session.after === 'linger';
  const settle = async (those: typeof played, what: string) => {
    const deadline = performance.now() + DEADLINE_MS;
    for (const { index, playing } of those) {
      const left = Math.max(1, deadline - performance.now());
      const problem = await within(left, what, playing.over).catch(String);
      if (problem !== undefined) findings.push({ from: index, sessions: 1, what: problem });
    }
  };
  await settle(
    played.filter((one) => !lingers(one)),
    'the end of a session',
  );
  const left = played.filter(lingers);
  // The server stops reading a client that hangs up, so wait until it has read the last input.
  const marked = Promise.all(left.map(({ playing }) => playing.marked));
  await within(DEADLINE_MS, 'a mark', marked).catch((error) => {
    findings.push({ from: indexes[0] ?? 0, sessions: indexes.length, what: String(error) });
  });
  await target.passTicks();
  for (const { playing } of left) playing.leave();
  await settle(left, 'the end of a session that was left');
  for (const { playing } of played) {
    if (!progress) break;
    progress.inputs += playing.read;
    progress.bySurface[playing.session.surface] += playing.read;
  }
  return findings;
}

/** Finds the session that makes a new server fail without the others. */
async function findCulprit(plan: Plan, indexes: readonly number[]): Promise<number | undefined> {
  const target = await startTarget(plan.options);
  try {
    for (const index of indexes) {
      await playTogether(target, plan.seed, [index]);
      if ((await target.check()).length > 0) return index;
    }
    return undefined;
  } finally {
    await target.stop();
  }
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
