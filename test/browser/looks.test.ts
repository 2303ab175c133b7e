// How the dashboard looks after five minutes, which pass here in a few seconds: pictures for a person to
// look at, in test/output, and axe for what can be checked.

import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { pino } from 'pino';
import type { Page } from 'playwright-core';
import { describe, expect, onTestFinished, test } from 'vitest';
import { startServer } from '../../src/server/server.ts';
import { createSample } from '../../src/source/sample.ts';
import {
  executablePath,
  PASSING,
  useBrowser,
  violationsOf,
  type WatchedPage,
} from '../support/browser.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { CUT_OFF, faultsOf, OUTPUT, SEEN } from '../support/looks.ts';
import { configOf } from '../support/senti.ts';

/** The picture of the README. It is made anew when it is not there. */
const SHOWN = fileURLToPath(new URL('../../.github/dashboard.png', import.meta.url));
const SEED = 5;
/** In milliseconds. */
const PAST = 6 * 60_000;

/** Begins with the past of the topics that it follows, so that they have a change since then. */
async function startSample(
  ...followed: readonly string[]
): Promise<{ url: string; clock: FakeClock }> {
  const clock = new FakeClock();
  const server = await startServer(
    configOf(...followed.map((track) => `--follow=${track}`)),
    pino({ level: 'silent' }),
    {
      clock,
      connect: (_config, sink) => createSample({ seed: SEED }, sink, clock),
    },
  );
  onTestFinished(() => server.close());
  if (followed.length > 0) clock.advance(PAST);
  return { url: server.url, clock };
}

describe.skipIf(!executablePath)('the dashboard', () => {
  const open = useBrowser();

  const desktop = { viewport: { width: 1280, height: 900 } };
  const shown = { viewport: { width: 1280, height: 840 }, deviceScaleFactor: 1.5 };
  /** At 200 % zoom, a window has half as many pixels of CSS. */
  const zoomed = { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 };

  test.each([
    ['first-visit', '/', 0],
    ['one', '/?track=coffee', 1],
    ['rejected', '/?track=coffee&track=the', 0.25],
  ] as const)('looks well and is accessible in each mode: %s', async (name, path, minutes) => {
    const { url, clock } = await startSample();
    // Frames that are drawn on the way to the last minute would only take time.
    const watched = await open({ ...desktop, reducedMotion: 'reduce' });
    const { page, errors } = watched;
    await page.addInitScript(PASSING);
    await page.goto(`${url}${path}`);
    if (minutes > 0) await pass(minutes, watched, clock);
    expect(await faultsOf(page, name)).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('looks as the README shows it after five minutes', async () => {
    const { url, clock } = await startSample('coffee', 'tea', 'music');
    const watched = await open({ ...shown, reducedMotion: 'reduce' });
    const { page, errors } = watched;
    await page.addInitScript(PASSING);
    await page.goto(`${url}/?track=coffee&track=tea&track=music`);
    await pass(5, watched, clock);
    expect(await violationsOf(page)).toEqual([]);
    await page.screenshot({ path: `${OUTPUT}comparison.png`, fullPage: true });
    if (!existsSync(SHOWN)) await page.screenshot({ path: SHOWN });
    expect(errors).toEqual([]);
  });

  test('cuts nothing off at 200 % zoom, needs no scrolling to the side at 400 %, and the keyboard reaches everything', async () => {
    const { url, clock } = await startSample();
    const watched = await open({ ...zoomed, reducedMotion: 'reduce' });
    const { page } = watched;
    await page.addInitScript(PASSING);
    await page.goto(`${url}/?track=coffee&track=tea`);
    await pass(1, watched, clock);
    // So that no button goes before it is reached.
    for (const pause of await page.locator('.pause').all()) await pause.click();
    await page.locator('.why summary', { hasNotText: ' 0.00' }).first().click();
    await page.locator('.words').first().waitFor();
    expect(await page.evaluate(CUT_OFF)).toEqual([]);
    expect(await unreached(page)).toEqual([]);
    await page.screenshot({ path: `${OUTPUT}zoomed.png`, fullPage: true });
    await page.getByRole('textbox', { name: 'Topic' }).fill('long'.repeat(60));
    await page.keyboard.press('Enter');
    await page.locator('.topic').nth(2).waitFor();
    await page.setViewportSize({ width: 320, height: 225 });
    await page.locator('#voice .chart').press('ArrowLeft');
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(320);
    // A line for the time and for each topic.
    const lines = await page.evaluate<number>(
      `document.querySelector('#voice .tip').clientHeight / parseFloat(getComputedStyle(document.querySelector('#voice .tip')).lineHeight)`,
    );
    expect(lines).toBeLessThan(5);
    await page.screenshot({ path: `${OUTPUT}zoomed-more.png`, fullPage: true });
  });

  test('does not move what is there when the picture grows', async () => {
    const { url, clock } = await startSample();
    const watched = await open({ ...desktop, reducedMotion: 'reduce' });
    const { page } = watched;
    await page.addInitScript(PASSING);
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

/** What can be worked, but does not get the focus in sight when Tab is pressed often enough. */
async function unreached(page: Page): Promise<string[]> {
  const size = await page.evaluate<number>(`
    globalThis.toReach = new Set([...document.querySelectorAll(
      'a[href], button, input:not([type=radio]), :checked[type=radio], select, summary, [tabindex="0"]',
    )].filter(${SEEN}));
    toReach.size
  `);
  // The end of the page is a stop too, before Tab goes on at its beginning, and so is what has come since.
  for (let n = 0, left = size; left > 0 && n < 2 * size; n++) {
    await page.keyboard.press('Tab');
    left = await page.evaluate<number>(`(() => {
      const { top, bottom, left, right } = document.activeElement.getBoundingClientRect();
      const isInSight = bottom > 0 && top < innerHeight && left >= 0 && right <= innerWidth;
      if (isInSight) toReach.delete(document.activeElement);
      return toReach.size;
    })()`);
  }
  return page.evaluate<string[]>('[...toReach].map(({ outerHTML }) => outerHTML)');
}

/** Both clocks go on, second by second; events come as they would have. */
async function pass(minutes: number, { page }: WatchedPage, clock: FakeClock): Promise<void> {
  await page.locator('#status-text').filter({ hasText: /^Live/ }).waitFor();
  for (let second = 0; second < minutes * 60 + 5; second++) {
    clock.advance(1000);
    await page.evaluate('pass(1000)');
  }
  const basis = page.locator('.basis').first();
  await basis.filter({ hasText: minutes < 5 ? 'so far' : 'in the last five minutes' }).waitFor();
  await page.locator('.events li').first().waitFor();
}
