import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { COMPILED } from './support/compiled.ts';

/**
 * Files that take longest. They start first, so that none of them runs alone at the end. Those that need much of the CPU
 * come after the first one, which waits for processes of its own.
 */
const LONGEST = [
  'cluster/processes',
  'api/access/surfaces',
  'cluster/nats',
  'clients/types',
  'cluster/feed',
  'api/socket/outbox',
  'server/stop',
  'command/standard-output',
  'fuzz/fuzz',
  'browser/dashboard',
  'browser/looks',
  'browser/range',
  'browser/token',
  'server/main-job',
  'config/secrets',
  'clients/resume',
  'clients/readme',
  'api/socket/slow-reader',
].map((name) => `/test/${name}.test.ts`);

class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const rank = ({ moduleId }: TestSpecification) => {
      const found = LONGEST.findIndex((name) => moduleId.endsWith(name));
      return found === -1 ? LONGEST.length : found;
    };
    return (await super.sort(files)).sort((a, b) => rank(a) - rank(b));
  }
}

/** Tests that start no server, process or browser, and change nothing global: they can share one. */
const PURE = [
  'test/track/*.test.ts',
  'test/sentiment/**/*.test.ts',
  'test/web/*.test.ts',
  'test/config/*-options.test.ts',
  'test/base/{redact,small-file,token-bucket}.test.ts',
  'test/source/{player,replay,sample,sample-extras}.test.ts',
  'test/source/bluesky/{cursor,jetstream-event}.test.ts',
  'test/source/mastodon/{status-html,streaming-event}.test.ts',
  'test/source/x/{entities,failure,request-budget,rule-plan,rule-text,rule-writes}.test.ts',
  'test/stream/{ingest,multiplexer}.test.ts',
  'test/{house,readme}.test.ts',
  'test/api/access/{client-address,origins}.test.ts',
  'test/api/socket/{drain,flush-scheduler}.test.ts',
  'test/soak/slope.test.ts',
];

process.env.NODE_COMPILE_CACHE = COMPILED;

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    globalSetup: 'test/support/prepare.ts',
    // Many tests wait for processes of their own, so three workers keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // A browser that draws without a graphics card leaves other tests little of two cores.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Node loads the code itself: Vite's own loader would load graphql a second time. No test mocks a module.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    projects: [
      { extends: true, test: { name: 'whole', include: ['test/**/*.test.ts'], exclude: PURE } },
      { extends: true, test: { name: 'pure', include: PURE, isolate: false } },
    ],
  },
});
