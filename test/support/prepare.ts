// Once before all tests: the page is built, and whoever has no Chromium is told what is left out.

import { buildPage } from '../../src/web/build.ts';
import { findChromium } from './chromium.ts';

export default async function prepare(): Promise<void> {
  await buildPage();
  if (findChromium()) return;
  const missing = 'no Chromium here (or in CHROMIUM), so the tests in a browser';
  if (process.env.CI === 'true') throw new Error(`${missing} cannot run`);
  console.warn(`senti: ${missing} are skipped`);
}
