import { defineConfig } from 'vitest/config';

export default defineConfig({
  test: {
    root: new URL('..', import.meta.url).pathname,
    include: ['test/**/*.test.ts'],
    // Node loads the code itself: Vite's own loader would load graphql a second time.
    experimental: { viteModuleRunner: false },
  },
});
