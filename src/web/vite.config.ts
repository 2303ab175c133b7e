// Builds src/web into dist/web.

import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vite';

/** What uPlot offers in its last lines and no chart uses. Without these lines, the build drops the code behind them. */
const UNUSED = [
  '(paths.stepped = stepped);',
  '(paths.bars    = bars);',
  'uPlot.join = join;',
  'uPlot.tzDate  = tzDate;',
];

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
    {
      name: 'charts without what is unused',
      transform(code, id) {
        if (!id.endsWith('/uPlot.esm.js')) return;
        return UNUSED.reduce((rest, line) => {
          if (!rest.includes(line)) this.error(`uPlot has no line “${line}” to leave out.`);
          return rest.replace(line, '');
        }, code);
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
