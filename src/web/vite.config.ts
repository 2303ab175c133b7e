// Builds src/web into dist/web.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

export default defineConfig({
  root: fileURLToPath(new URL('.', import.meta.url)),
  logLevel: 'warn',
  plugins: [
    {
      name: 'operations without indents',
      enforce: 'pre',
      transform(code, id) {
        if (!id.endsWith('schema/operations.ts')) return;
        return code.replace(/`[^`]*`/g, (text) => text.replace(/\s+/g, ' '));
      },
    },
  ],
  build: {
    outDir: fileURLToPath(new URL('../../dist/web', import.meta.url)),
    emptyOutDir: true,
    target: 'es2022',
    // The page's security policy allows no data: addresses and no inline code.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
  },
});
