import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';
import { COMPILED } from './support/compiled.ts';
import { DEADLINE_MS } from './support/until.ts';

/**
 * Files that take longest. They start first, so that none of them runs alone at the end. Those that need much of the CPU
 * come after the first one, which waits for processes of its own.
 */
const LONGEST = [
  'cluster/processes',
  'browser/dashboard',
  'api/access/surfaces',
  'cluster/nats',
  'clients/types',
  'cluster/feed',
  'api/socket/outbox',
  'server/stop',
  'command/standard-output',
  'fuzz/fuzz',
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

/**
 * Tests that look at the memory, the files or the modules of their own process, which others would disturb. All other tests
 * share three processes, and load the server three times in place of once a file.
 */
const ALONE = [
  'test/cluster/alone.test.ts',
  'test/api/graphql/{broadcast,post-text}.test.ts',
  'test/api/http/{pipeline,router}.test.ts',
  'test/server/{tls,vanish}.test.ts',
  'test/source/replay.test.ts',
];

process.env.NODE_COMPILE_CACHE = COMPILED;

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    globalSetup: 'test/support/prepare.ts',
    setupFiles: 'test/support/properties.ts',
    // Many tests wait for processes of their own, so three workers keep two cores busy.
    maxWorkers: 3,
    sequence: { sequencer: LongestFirst },
    // No test takes so long, but other tests, and a browser that draws without a graphics card, leave it little of two cores.
    testTimeout: 180_000,
    hookTimeout: 180_000,
    expect: { poll: { timeout: DEADLINE_MS } },
    // Node loads the code itself: Vite's own loader would load graphql a second time. No test mocks a module.
    experimental: { viteModuleRunner: false, nodeLoader: false },
    projects: [
      { extends: true, test: { name: 'alone', include: ALONE } },
      {
        extends: true,
        test: { name: 'shared', include: ['test/**/*.test.ts'], exclude: ALONE, isolate: false },
      },
    ],
  },
});
