// How the dashboard looks after five minutes, which pass here in a few seconds: pictures for a person to
// look at, in test/output, and axe for what can be checked.

import { existsSync, mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import type { BrowserContextOptions } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startServer } from '../../src/server/server.ts';
import { createSample } from '../../src/source/sample.ts';
import { executablePath, useBrowser, violationsOf, type WatchedPage } from '../support/browser.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { configOf } from '../support/senti.ts';

const OUTPUT = fileURLToPath(new URL('../output/', import.meta.url));
/** The picture of the README. It is made anew when it is not there. */
const SHOWN = fileURLToPath(new URL('../../.github/dashboard.png', import.meta.url));
const SEED = 5;

async function startSample(): Promise<{ url: string; clock: FakeClock }> {
  const clock = new FakeClock();
  const server = await startServer(configOf(), pino({ level: 'silent' }), {
    clock,
    connect: (_config, sink) => createSample({ seed: SEED }, sink, clock),
  });
  onTestFinished(() => server.close());
  return { url: server.url, clock };
}

describe.skipIf(!executablePath)('the dashboard', () => {
  const open = useBrowser();
  mkdirSync(OUTPUT, { recursive: true });

  const desktop = { viewport: { width: 1280, height: 900 } };
  const phone = { viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 };
  const looks: readonly [string, string, number, BrowserContextOptions][] = [
    ['light', '/?track=coffee', 5, { ...desktop, colorScheme: 'light' }],
    ['dark', '/?track=coffee', 1, { ...desktop, colorScheme: 'dark' }],
    ['phone', '/?track=coffee', 1, { ...phone, colorScheme: 'light' }],
    ['phone-dark', '/?track=coffee&track=tea', 1, { ...phone, colorScheme: 'dark' }],
    ['comparison', '/?track=coffee&track=tea', 5, { ...desktop, colorScheme: 'light' }],
    [
      'rejected',
      '/?track=coffee&track=tea&track=music&track=the',
      1,
      { ...desktop, colorScheme: 'dark' },
    ],
    ['first-visit', '/', 0, { ...desktop, colorScheme: 'light' }],
    ['first-visit-dark', '/', 0, { ...phone, colorScheme: 'dark' }],
  ];

  test.each(looks)('looks well and is accessible: %s', async (name, path, minutes, options) => {
    const { url, clock } = await startSample();
    // Frames that are drawn on the way to minute five would only take time.
    const watched = await open({ ...options, reducedMotion: 'reduce' });
    const { page, errors } = watched;
    await page.clock.setFixedTime(clock.now());
    await page.goto(`${url}${path}`);
    if (minutes > 0) await pass(minutes, watched, clock);
    expect(await violationsOf(page)).toEqual([]);
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(options.viewport?.width ?? 0);
    await page.screenshot({ path: `${OUTPUT}${name}.png`, fullPage: true });
    if (name === 'comparison' && !existsSync(SHOWN)) await page.screenshot({ path: SHOWN });
    expect(errors).toEqual([]);
  });

  test('does not move what is there when the picture grows', async () => {
    const { url, clock } = await startSample();
    const watched = await open({ ...desktop, reducedMotion: 'reduce' });
    const { page } = watched;
    await page.clock.setFixedTime(clock.now());
    await page.goto(`${url}/?track=coffee`);
    await page.locator('.topic').waitFor();
    const places = () =>
      page.evaluate<string>(
        `JSON.stringify([...document.querySelectorAll('h2, h3, figcaption, .bar, .shares, .chart, figure summary, footer')]
          .map((element) => [element.className || element.tagName, element.getBoundingClientRect().top]))`,
      );
    const before = await places();
    await pass(1, watched, clock);
    expect(await places()).toBe(before);
  });
});

/** Both clocks go on, second by second; events come as they would have. */
async function pass(minutes: number, { page }: WatchedPage, clock: FakeClock): Promise<void> {
  await page.locator('#status-text').filter({ hasText: /^Live/ }).waitFor();
  for (let second = 0; second < minutes * 60 + 5; second++) {
    clock.advance(1000);
    await page.clock.setFixedTime(clock.now());
  }
  const basis = page.locator('.basis').first();
  await basis.filter({ hasText: minutes < 5 ? 'so far' : 'in the last five minutes' }).waitFor();
  await page.locator('.events li').first().waitFor();
}
