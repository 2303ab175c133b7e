// npm run fuzz -- [--minutes N | --sessions N] [--seed N] [--from N] [-- options of the server]

import { parseArgs } from 'node:util';
import { BATCH, describeFindings, describeProgress, fuzz } from './fuzz.ts';

const { values, positionals } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: String(Date.now() % 1e9) },
    from: { type: 'string', default: '0' },
    sessions: { type: 'string' },
  },
  allowPositionals: true,
});
const seed = Number(values.seed);
const most = values.sessions === undefined ? undefined : Number(values.sessions);
const end = performance.now() + Number(values.minutes) * 60_000;
process.stdout.write(`seed ${seed}\n`);
const progress = await fuzz({
  seed,
  from: Number(values.from),
  options: positionals,
  next: ({ sessions }) =>
    most === undefined ? (performance.now() < end ? BATCH : 0) : Math.min(BATCH, most - sessions),
  onBatch: (now) => process.stdout.write(`${describeProgress(now)}\n`),
});
process.stdout.write(`${describeProgress(progress)}\n${describeFindings(progress)}\n`);
process.stdout.write(`${JSON.stringify({ fuzz: progress })}\n`);
process.exitCode = progress.findings.length > 0 ? 1 : 0;
