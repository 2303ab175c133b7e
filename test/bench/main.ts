// npm run bench -- NAME: runs one of the benchmarks beside this file.

const BENCHMARKS = ['score', 'match', 'pipeline', 'fanout', 'cluster'] as const;

const [name] = process.argv.slice(2);
if (!BENCHMARKS.some((known) => known === name)) {
  process.stderr.write(`usage: npm run bench -- ${BENCHMARKS.join(' | ')}\n`);
  process.exit(1);
}
const { run } = (await import(`./${name}.ts`)) as { run(): Promise<void> };
await run();
