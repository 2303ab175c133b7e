// npm run bench -- NAME [PART …]: runs one of the benchmarks beside this file, or only some parts of it.

const BENCHMARKS = [
  'score',
  'match',
  'worst',
  'pipeline',
  'fanout',
  'brokers',
  'connect',
  'cluster',
  'takeover',
  'history',
  'dashboard',
] as const;

const [name, ...parts] = process.argv.slice(2);
if (!BENCHMARKS.some((known) => known === name)) {
  process.stderr.write(`usage: npm run bench -- ${BENCHMARKS.join(' | ')}\n`);
  process.exit(1);
}
const { run } = (await import(`./${name}.ts`)) as { run(parts: readonly string[]): Promise<void> };
await run(parts);
