// Once before all tests: the page is built, and whoever lacks a program is told what is left out.

import { buildPage } from '../../src/web/build.ts';
import { findChromium } from './chromium.ts';
import { findNatsServer } from './nats-server.ts';

export default async function prepare(): Promise<void> {
  await buildPage();
  if (!findChromium()) miss('no Chromium here (or in CHROMIUM), so the tests in a browser');
  if (!findNatsServer())
    miss('no nats-server here (or in NATS_SERVER), so the tests of many nodes');
}

function miss(what: string): void {
  if (process.env.CI === 'true') throw new Error(`${what} cannot run`);
  console.warn(`senti: ${what} are skipped`);
}
