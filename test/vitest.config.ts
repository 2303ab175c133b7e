import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    globalSetup: 'test/support/prepare.ts',
    // Many tests wait for a process of their own, so two at a time leave no core idle.
    maxWorkers: 2,
    // A browser that draws without a graphics card leaves the other tests little of two cores.
    testTimeout: 30_000,
    hookTimeout: 30_000,
    // Node loads the code itself: Vite's own loader would load graphql a second time.
    experimental: { viteModuleRunner: false },
  },
});
