// Where a Chromium may be on this machine, and how it is started.

import { existsSync } from 'node:fs';

const USUAL = [
  // Without windows, each page takes half the CPU time.
  '/usr/bin/chromium-headless-shell',
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/snap/bin/chromium',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
  '/Applications/Chromium.app/Contents/MacOS/Chromium',
];

/** A name that leads to this machine, which no server here calls its own. */
export const FOREIGN_NAME = 'senti.example';

/** It draws without a graphics card, and asks nothing of anybody. */
export const FLAGS = [
  '--no-sandbox',
  '--disable-gpu',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
  `--host-resolver-rules=MAP ${FOREIGN_NAME} 127.0.0.1`,
  // With each window, Chromium would load the pages of an address bar that nobody sees. This replaces the list of
  // Playwright; the features from the third on are of that list.
  '--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup,AimEnabled,HttpsFirstBalancedModeAutoEnable,HttpsUpgrades,MediaRouter,NetworkTimeServiceQuerying,OptimizationHints,PaintHolding,PreconnectToSearch',
];

/** CHROMIUM if it is set, or the first of the usual places. */
export function findChromium(): string | undefined {
  return [process.env.CHROMIUM, ...USUAL].find((path) => path && existsSync(path));
}
