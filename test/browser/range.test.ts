// The past on the dashboard, in a real browser: ranges, reloads and gaps.

import { mkdirSync } from 'node:fs';
import { setImmediate } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { executablePath, useBrowser, violationsOf } from '../support/browser.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { configOf, startSenti } from '../support/senti.ts';

/** Pictures for a person to look at. */
const OUTPUT = fileURLToPath(new URL('../output/', import.meta.url));
mkdirSync(OUTPUT, { recursive: true });

const MINUTE = 60_000;
const START = Date.parse('2026-11-20T10:00:30Z');

/** A server that has followed coffee for so many minutes, with two posts a minute, and was cut off in between. */
async function startWithPast(minutes: number) {
  const clock = new FakeClock(START);
  const senti = await startSenti(configOf('--follow', 'coffee'), clock);
  const { source } = senti;
  for (let minute = 0; minute < minutes; minute += 1) {
    const isOut = minute >= minutes / 2 && minute < minutes / 2 + minutes / 10;
    if (minute === Math.ceil(minutes / 2)) {
      source.become({ name: 'waiting', reason: 'a break', until: clock.now() + MINUTE });
    }
    if (!isOut && source.state.name === 'waiting') source.become({ name: 'live' });
    if (!isOut) {
      source.say('I love coffee #espresso');
      source.say(minute % 2 === 0 ? 'awful coffee' : 'coffee');
    }
    clock.advance(MINUTE);
    await setImmediate();
  }
  return { ...senti, clock };
}

/** The tips that hide something of their charts, or go beyond the sides of one. */
const MISPLACED = `[...document.querySelectorAll('.tip:not([hidden])')].filter((tip) => {
  const { left, right, bottom } = tip.previousElementSibling.getBoundingClientRect();
  const own = tip.getBoundingClientRect();
  return own.top < bottom || own.left < left || own.right > right + 1;
}).map(({ textContent }) => textContent)`;

async function basis(page: Page, text: string | RegExp): Promise<void> {
  await page.locator('.basis').filter({ hasText: text }).waitFor();
}

describe.skipIf(!executablePath)('the past on the dashboard', () => {
  const open = useBrowser();

  async function visit(url: string, clock: FakeClock, options?: BrowserContextOptions) {
    const watched = await open({ reducedMotion: 'reduce', ...options });
    await watched.page.clock.setFixedTime(clock.now());
    await watched.page.goto(url);
    return watched;
  }

  test('is there in each range, with a link and after a reload', async () => {
    const { url, clock } = await startWithPast(50);
    const { page, errors } = await visit(`${url}/?track=coffee`, clock);
    await page.getByText('1 h', { exact: true }).click();
    await basis(page, 'At least 90 posts in the last hour');
    expect(new URL(page.url()).search).toBe('?track=coffee&range=1h');
    await page.locator('.unit', { hasText: 'Posts a minute' }).waitFor();
    await page.locator('.tags li', { hasText: /^#espresso45$/ }).waitFor();
    await page.reload();
    await basis(page, 'At least 90 posts in the last hour');
    expect(await page.getByRole('radio', { name: '1 h' }).isChecked()).toBe(true);
    await page.locator('.topic figure summary').click();
    const table = page.getByRole('table', { name: 'Posts on coffee by ten minutes' });
    await table.getByRole('row').nth(1).waitFor();
    // The outage is no row of zeros.
    const rows = await table.getByRole('row').allTextContents();
    expect(rows).toContainEqual(expect.stringMatching(/^10:20\d+\+\d+\+\d+\+$/));
    await page.goBack();
    await page.getByRole('radio', { name: '5 min', checked: true }).waitFor();
    await page.getByText('Posts a second', { exact: true }).waitFor();
    for (const range of ['24 h', '7 d']) {
      await page.getByText(range, { exact: true }).click();
      await basis(page, 'At least 90 posts');
    }
    // No window is as long as a week, and no hour of it is whole.
    await page.getByRole('row', { name: 'coffee – +24 –' }).waitFor();
    expect(errors).toEqual([]);
  });

  test('tells the counts of a moment in all charts, by pointer and by arrow keys', async () => {
    const { url, clock } = await startWithPast(50);
    const { page, errors } = await visit(`${url}/?track=coffee&track=tea&range=1h`, clock);
    await basis(page, 'At least 90 posts in the last hour');
    const charts = page.locator('.topic').getByRole('slider');
    const tips = page.locator('.topic .tip');
    const said = (n: number, text: RegExp) => tips.nth(n).filter({ hasText: text }).waitFor();
    await charts.first().hover({ position: { x: 300, y: 60 } });
    // Two posts have no balance.
    await said(0, /^10:\d\d to 10:\d\d: 1 positive, \d neutral, \d negative$/);
    const [when = ''] = (await tips.first().textContent())?.split(': ') ?? [];
    await said(1, new RegExp(`^${when}: not known$`));
    // The comparison tells what its lines are the mean of.
    const compared = page.locator('.comparison .tip');
    await compared.filter({ hasText: /coffee12 posts.*teanot known/ }).waitFor();
    await compared.filter({ hasText: /coffee(\+|0).*20 posts.*teanot known/ }).waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.mouse.move(0, 0);
    expect(await tips.first().isVisible()).toBe(false);

    await charts.nth(1).focus();
    await page.keyboard.press('End');
    await page.keyboard.press('ArrowLeft');
    await page.keyboard.press('ArrowLeft');
    const valueText = () => charts.first().getAttribute('aria-valuetext');
    expect(await valueText()).toMatch(/^10:48 to 10:49: 1 positive, /);
    await page.keyboard.press('ArrowRight');
    expect(await valueText()).toMatch(/^10:49 to 10:50: 1 positive, /);
    await page.keyboard.press('Home');
    expect(await valueText()).toMatch(/: not known$/);
    const all = await page.getByRole('slider').all();
    const ends = await Promise.all(all.map((slider) => slider.getAttribute('aria-valuemax')));
    expect(ends).toEqual(['0', '0', '0', '0']);
    const voice = page.getByRole('slider', {
      name: /^Share of voice: posts a minute of coffee, tea/,
    });
    await voice.focus();
    await page.keyboard.press('End');
    await page.keyboard.press('PageDown');
    expect(await voice.getAttribute('aria-valuetext')).toMatch(/: coffee 12 posts; tea not known$/);
    await page.keyboard.press('Escape');
    expect(await valueText()).toBe('now');
    await page.keyboard.press('Home');
    await page.getByRole('heading', { name: 'coffee' }).click();
    expect(await valueText()).toBe('now');
    await page.locator('#voice summary').press('Enter');
    const table = page.getByRole('table', { name: 'Share of voice by ten minutes' });
    await table.getByRole('row', { name: '10:40 20 –' }).waitFor();
    await page.getByRole('button', { name: 'Stop tracking tea' }).press('Enter');
    await voice.waitFor({ state: 'hidden' });
    expect(errors).toEqual([]);
  });

  test('notifies of a spike once, if it is asked to and in the background', async () => {
    const { url, clock, source } = await startWithPast(50);
    const { page, errors } = await open({ permissions: ['notifications'] });
    await page.clock.setFixedTime(clock.now());
    await page.addInitScript(`
      let isHidden = false;
      globalThis.hide = () => { isHidden = true; };
      Object.defineProperty(document, 'hidden', { get: () => isHidden });
      globalThis.told = [];
      const { Notification } = globalThis;
      globalThis.Notification = class extends Notification {
        constructor(title, options) {
          super(title, options);
          told.push(title + ': ' + options.body);
          globalThis.latest = this;
        }
        close() {
          told.push('closed');
          super.close();
        }
      };
      globalThis.focus = () => told.push('focused');
    `);
    await page.goto(`${url}/?track=coffee&range=1h`);
    const button = page.getByRole('button', { name: 'Spike alerts' });
    await button.press('Enter');
    await page.getByText('While this page is in the background.').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await page.reload();
    await page.getByRole('button', { name: 'Spike alerts', pressed: true }).waitFor();
    await page.evaluate('hide()');
    const row = page.getByRole('row', { name: /^coffee.*▲ spike$/ });
    for (let n = 0; n < 40; n += 1) source.say('I love coffee');
    for (let second = 0; second < 15; second += 1) {
      clock.advance(1000);
      await setImmediate();
    }
    await row.waitFor();
    const told = await page.evaluate<string[]>('told');
    expect(told).toEqual([
      expect.stringMatching(
        /^Spike: coffee: 4\d posts in the last minute, balance \+\d+ \(very positive\)\.$/,
      ),
    ]);
    await page.evaluate(`void latest.dispatchEvent(new Event('click'))`);
    expect(await page.evaluate<string[]>('told.slice(1)')).toEqual(['focused', 'closed']);
    await button.press('Enter');
    await page.reload();
    expect(await button.getAttribute('aria-pressed')).toBe('false');
    expect(errors).toEqual([]);
  });

  const desktop = { viewport: { width: 1280, height: 900 } };
  const looks: readonly [string, BrowserContextOptions][] = [
    ['light', { ...desktop, colorScheme: 'light' }],
    ['dark', { ...desktop, colorScheme: 'dark' }],
    ['forced colours', { ...desktop, forcedColors: 'active' }],
    ['phone', { viewport: { width: 390, height: 844 } }],
    // As wide as 1280 pixels are with a zoom of 200 %.
    ['zoom', { viewport: { width: 640, height: 450 }, deviceScaleFactor: 2 }],
  ];

  test.each(looks)('looks well, is accessible and needs no pointer: %s', async (name, options) => {
    const { url, clock } = await startWithPast(50);
    const { page, errors } = await visit(`${url}/?track=coffee&track=tea`, clock, options);
    await page.getByRole('radio', { name: '5 min' }).focus();
    await page.keyboard.press('ArrowRight');
    await basis(page, 'At least 90 posts in the last hour');
    expect(new URL(page.url()).search).toBe('?track=coffee&track=tea&range=1h');
    expect(await violationsOf(page)).toEqual([]);
    const width = await page.evaluate<number>('document.documentElement.scrollWidth');
    expect(width).toBeLessThanOrEqual(options.viewport?.width ?? 0);
    const summary = page.getByRole('table', { name: 'Summary of the topics' });
    await summary.getByRole('row', { name: /^coffee \d/ }).waitFor();
    await page.getByRole('slider', { name: /^Share of voice/ }).focus();
    for (let step = 0; step < 12; step += 1) await page.keyboard.press('ArrowLeft');
    expect(await violationsOf(page)).toEqual([]);
    expect(await page.evaluate(MISPLACED)).toEqual([]);
    const isSummaryFirst = await page.evaluate<boolean>(`(() => {
      const [summary, form] = ['#summary', '#form'].map((part) => document.querySelector(part));
      return summary.getBoundingClientRect().top < form.getBoundingClientRect().top;
    })()`);
    expect(isSummaryFirst).toBe(name === 'phone');
    await page.screenshot({ path: `${OUTPUT}range-${name}.png`, fullPage: true });
    expect(errors).toEqual([]);
  });
});
