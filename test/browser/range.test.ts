// The past on the dashboard, in a real browser: ranges, reloads and gaps.

import { setImmediate } from 'node:timers/promises';
import type { BrowserContextOptions, Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { executablePath, useBrowser } from '../support/browser.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { faultsOf } from '../support/looks.ts';
import { configOf, startSenti } from '../support/senti.ts';
import { eventually, until } from '../support/until.ts';

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
      source.say('I love coffee #espressobars');
      source.say(minute % 2 === 0 ? 'awful coffee' : 'coffee');
    }
    clock.advance(MINUTE);
    await setImmediate();
  }
  return { ...senti, clock };
}

/** A part of a chart: its edges, as shares of the width and of the height. */
type Box = readonly [left: number, top: number, right: number, bottom: number];

/** The share of a part of a chart that has a colour of the style sheet. */
async function painted(page: Page, chart: string, color: string, box: Box): Promise<number> {
  return page.evaluate<number>(`(() => {
    const canvas = document.querySelector('${chart} canvas');
    const [left, top, right, bottom] = ${JSON.stringify(box)}
      .map((share, i) => Math.round(share * (i % 2 === 0 ? canvas.width : canvas.height)));
    const hex = getComputedStyle(canvas).getPropertyValue('--${color}');
    const wanted = [1, 3, 5].map((at) => parseInt(hex.slice(at, at + 2), 16));
    const { data } = canvas.getContext('2d').getImageData(left, top, right - left, bottom - top);
    let pixels = 0;
    for (let at = 0; at < data.length; at += 4) {
      const isNear = wanted.every((value, i) => Math.abs(data[at + i] - value) < 16);
      if (isNear && data[at + 3] > 100) pixels++;
    }
    return (pixels * 4) / data.length;
  })()`);
}

async function basis(page: Page, text: string | RegExp): Promise<void> {
  await page.locator('.basis').filter({ hasText: text }).waitFor();
}

describe.skipIf(!executablePath)('the past on the dashboard', () => {
  const open = useBrowser();

  /** The page learns the time from the server, whose clock stands still at another one. */
  async function visit(url: string, options?: BrowserContextOptions) {
    const watched = await open({ reducedMotion: 'reduce', ...options });
    await watched.page.goto(url);
    return watched;
  }

  test('is there in each range, with a link and after a reload', async () => {
    const { url } = await startWithPast(50);
    const { page, errors } = await visit(`${url}/?track=coffee`);
    await page.getByText('1 h', { exact: true }).click();
    await basis(page, 'At least 90 posts in the last hour');
    expect(new URL(page.url()).search).toBe('?track=coffee&range=1h');
    await page.locator('.unit', { hasText: 'Posts a minute' }).waitFor();
    await page.locator('.tags li', { hasText: /^#espressobars45$/ }).waitFor();
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

  test('is on a chart out of sight as soon as the server has told of it', async () => {
    const { url } = await startWithPast(50);
    const options = { viewport: { width: 1280, height: 300 } };
    const { page } = await open({ reducedMotion: 'reduce', ...options });
    // The clock of the page stands still, so no other drawing is due.
    await page.addInitScript('performance.now = () => 1000');
    await page.goto(`${url}/?track=coffee&range=1h`);
    await basis(page, 'At least 90 posts in the last hour');
    await page.locator('.topic canvas').waitFor();
    await eventually(async () => (await painted(page, '.topic', 'positive', [0, 0, 1, 1])) > 0);
  });

  test('tells the counts of a moment in all charts, by pointer and by arrow keys', async () => {
    const { url } = await startWithPast(50);
    const options = { hasTouch: true };
    const { page, errors } = await visit(`${url}/?track=coffee&track=tea&range=1h`, options);
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
    expect(await page.locator('.crosshair:visible').count()).toBe(4);
    /** How far the line of the first topic is from the left edge of its chart, in pixels. */
    const lineAt = async () => {
      const parts = [charts, page.locator('.topic .crosshair')];
      const [chart, line] = await Promise.all(parts.map((part) => part.first().boundingBox()));
      return (line?.x ?? 0) - (chart?.x ?? 0);
    };
    expect(await lineAt()).toBeCloseTo(300, 0);
    await page.mouse.move(0, 0);
    expect(await tips.first().isVisible()).toBe(false);
    // A touch leaves its moment, until another one elsewhere.
    await charts.first().tap({ position: { x: 500, y: 60 } });
    expect(await tips.first().isVisible()).toBe(true);
    // The phone is turned.
    await page.setViewportSize({ width: 390, height: 844 });
    await eventually(async () => (await lineAt()) < 350);
    await page.setViewportSize({ width: 1280, height: 720 });
    await page.getByRole('heading', { name: 'coffee' }).tap();
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

  test('is painted: lines, bars of cells that lack posts, and hatches where nothing is known', async () => {
    const { url } = await startWithPast(50);
    const { page } = await visit(`${url}/?track=coffee&track=tea&range=1h`);
    await basis(page, 'At least 90 posts in the last hour');
    for (const chart of ['#voice', '#balances']) {
      expect(await painted(page, chart, 'topic-0', [0, 0, 1, 1])).toBeGreaterThan(0.001);
    }
    // The server knows only the second half of coffee's first minute.
    expect(await painted(page, '.topic', 'positive', [0.212, 0.2, 0.218, 0.4])).toBeGreaterThan(
      0.7,
    );
    // Nothing is known of tea, and all of coffee between 10:05 and 10:20.
    const between = [0.35, 0.15, 0.5, 0.35] as const;
    expect(await painted(page, '.topic ~ .topic', 'rule', between)).toBeGreaterThan(0.05);
    expect(await painted(page, '#voice', 'rule', between)).toBe(0);
    await page.emulateMedia({ colorScheme: 'dark' });
    await eventually(async () => (await painted(page, '#voice', 'topic-0', [0, 0, 1, 1])) > 0.001);
  });

  test('keeps its picture when a busy topic is reloaded, and has one scale for all topics', async () => {
    const clock = new FakeClock(Date.now() - 6 * MINUTE);
    const followed = ['--follow', 'coffee', '--follow', 'tea'];
    const { url, source } = await startSenti(configOf(...followed), clock);
    for (let minute = 0; minute < 6; minute += 1) {
      for (let n = 0; n < 50; n += 1) source.say('I love coffee');
      for (let n = 0; n < 5; n += 1) source.say('I love tea');
      clock.advance(MINUTE);
      await setImmediate();
    }
    const { page } = await open();
    await page.goto(`${url}/?track=coffee`);
    for (const _ of [1, 2]) {
      // A page begins with a hundred events.
      await basis(page, /^2\d\d posts in the last five minutes$/);
      await page.reload();
    }
    await page.goto(`${url}/?track=coffee&track=tea&range=1h`);
    const top = (chart: string) => painted(page, chart, 'positive', [0.8, 0, 1, 0.25]);
    await page.locator('.topic canvas').nth(1).waitFor();
    await eventually(async () => (await top('.topic')) > 0 && (await top('.topic ~ .topic')) === 0);
  });

  test('tells no shares while it does not tell how often each topic is named', async () => {
    const { url, clock, source } = await startWithPast(10);
    const { page } = await open();
    await page.goto(`${url}/?track=coffee&track=tea`);
    await until(() => source.wanted.length === 2, 'both are wanted');
    for (let n = 0; n < 2; n += 1) source.say('tea');
    const row = (name: string) => page.locator('.summary tbody tr').filter({ hasText: name });
    // Each row is filled at a whole second, and the second one may come later.
    await eventually(async () => {
      clock.advance(1000);
      const [coffee, tea] = [await row('coffee').textContent(), await row('tea').textContent()];
      return /coffee[\d.]+–few posts/.test(coffee ?? '') && /few posts/.test(tea ?? '');
    });
    expect(await row('tea').textContent()).toMatch(/^ ?tea––few posts/);
  });

  test('notifies of a spike once, if it is asked to and in the background', async () => {
    const { url, clock, source } = await startWithPast(50);
    const { page, errors } = await open({ permissions: ['notifications'] });
    await page.addInitScript(`
      let isHidden = false;
      globalThis.hide = () => { isHidden = true; };
      Object.defineProperty(document, 'hidden', { get: () => isHidden });
      globalThis.told = [];
      const { Notification } = globalThis;
      globalThis.Notification = class extends Notification {
        static requestPermission() {
          told.push('asked');
          return super.requestPermission();
        }
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
    expect(await page.evaluate('told')).toEqual(['asked']);
    await page.reload();
    await page.getByRole('button', { name: 'Spike alerts', pressed: true }).waitFor();
    await page.evaluate('hide()');
    const row = page.getByRole('row', { name: /^coffee.* 4\d\+? ▲\sspike$/ });
    for (let n = 0; n < 40; n += 1) source.say('I love coffee');
    for (let second = 0; second < 15; second += 1) {
      clock.advance(1000);
      await setImmediate();
    }
    await row.waitFor();
    expect(await faultsOf(page)).toEqual([]);
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

  test('looks well in each mode, and needs no pointer', async () => {
    const { url } = await startWithPast(50);
    const four = ['coffee', 'tea', 'music', 'artificial intelligence'];
    const { page, errors } = await visit(`${url}/?track=${four.join('&track=')}`);
    await page.getByRole('radio', { name: '5 min' }).focus();
    await page.keyboard.press('ArrowRight');
    await basis(page, 'At least 90 posts in the last hour');
    expect(new URL(page.url()).searchParams.get('range')).toBe('1h');
    const summary = page.getByRole('table', { name: 'Summary of the topics' });
    await summary.getByRole('row', { name: /^coffee \d/ }).waitFor();
    await page.locator('.topic figure summary').first().press('Enter');
    await page.getByRole('slider', { name: /^Share of voice/ }).focus();
    for (let step = 0; step < 2; step += 1) await page.keyboard.press('ArrowLeft');
    expect(await faultsOf(page)).toEqual([]);
    const isSummaryFirst = () =>
      page.evaluate<boolean>(`(() => {
        const [summary, form] = ['#summary', '#form'].map((part) => document.querySelector(part));
        return summary.getBoundingClientRect().top < form.getBoundingClientRect().top;
      })()`);
    expect(await isSummaryFirst()).toBe(false);
    // The narrowest window for four topics beside each other, with the longest sentence about the posts of one.
    await page.setViewportSize({ width: 1200, height: 900 });
    await page.getByText('7 d', { exact: true }).click();
    await basis(page, 'At least 90 posts in the last seven days');
    const tops = await page.evaluate<number[]>(
      `[...document.querySelectorAll('.topic .chart')].map((it) => it.getBoundingClientRect().top)`,
    );
    expect(new Set(tops).size).toBe(1);
    await page.setViewportSize({ width: 390, height: 844 });
    expect(await isSummaryFirst()).toBe(true);
    expect(errors).toEqual([]);
  });
});
