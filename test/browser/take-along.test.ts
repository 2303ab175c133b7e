// What can be taken along from the dashboard, in a real browser.

import { readFile } from 'node:fs/promises';
import type { Page } from 'playwright-core';
import { describe, expect, test, vi } from 'vitest';
import { executablePath, useBrowser } from '../support/browser.ts';
import { faultsOf } from '../support/looks.ts';
import { startSenti } from '../support/senti.ts';
import { eventually } from '../support/until.ts';

/** Whether each chart of the page is in its place of the picture, below its name or its sign. */
function drawnIn(picture: Buffer): string {
  return `(async () => {
    const bytes = Uint8Array.from(atob('${picture.toString('base64')}'), (it) => it.charCodeAt(0));
    const image = await createImageBitmap(new Blob([bytes]));
    const { width, height } = image;
    const canvas = Object.assign(document.createElement('canvas'), { width, height });
    const pen = canvas.getContext('2d');
    pen.drawImage(image, 0, 0);
    const pixelsOf = (...place) => new Uint32Array(pen.getImageData(...place).data.buffer);
    const [background] = pixelsOf(0, 0, 1, 1);
    const unit = 16 * devicePixelRatio;
    let bottom = unit;
    return [...document.querySelectorAll('.comparison canvas, .topic canvas')].map((chart) => {
      bottom += 2 * unit + chart.height;
      const top = bottom - chart.height;
      return [[unit, top, chart.width, chart.height], [unit, top - 2 * unit, unit, 2 * unit]]
        .every((place) => pixelsOf(...place).some((pixel) => pixel !== background));
    });
  })()`;
}

describe.skipIf(!executablePath)('from the dashboard', () => {
  const open = useBrowser();

  async function saved(page: Page, button: RegExp): Promise<Buffer> {
    const download = page.waitForEvent('download');
    await page.getByRole('button', { name: button }).press('Enter');
    return readFile(await (await download).path());
  }

  test('the link, the counts and the charts can be taken along', async () => {
    const { url, source } = await startSenti();
    const { page, errors } = await open({
      permissions: ['clipboard-read', 'clipboard-write'],
    });
    // Some browsers forbid storage, which only means that nothing is remembered.
    await page.addInitScript(`
      for (const name of ['localStorage', 'sessionStorage']) {
        Object.defineProperty(globalThis, name, { get() { throw new DOMException('forbidden'); } });
      }
    `);
    await page.goto(`${url}/?track=coffee&track=tea`);
    await page.locator('#status-text', { hasText: /^Live/ }).waitFor();
    source.say('good coffee');
    await page.locator('.basis', { hasText: '1 post' }).waitFor();
    await page.getByRole('button', { name: 'Copy link' }).press('Enter');
    await page.getByText('Link copied.').waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(page.url());
    const lines = String(await saved(page, /CSV/)).split('\r\n');
    expect(lines[0]).toBe('topic,from,to,positive,neutral,negative,complete');
    expect(lines.filter((line) => /^"coffee",.*,1,0,0,/.test(line)).length).toBe(1);
    expect(lines.some((line) => line.startsWith('"tea"'))).toBe(true);
    const picture = await saved(page, /PNG/);
    // Two charts of both topics, and one of each.
    expect(await page.evaluate(drawnIn(picture))).toEqual([true, true, true, true]);
    // In another range, its counts are saved.
    await page.getByText('1 h', { exact: true }).click();
    await page.locator('.basis', { hasText: 'At least 1 post in the last hour' }).waitFor();
    const minutes = String(await saved(page, /CSV/)).match(/^"coffee",.*:00.000Z,.*:00.000Z,/gm);
    expect(minutes?.length).toBeGreaterThanOrEqual(60);
    // This browser lets no page notify. A sentence stands in the place of the button.
    const notify = page.getByRole('button', { name: 'Spike alerts' });
    await notify.press('Enter');
    await page.getByText(/^The browser blocks notifications/).waitFor();
    expect(await notify.isVisible()).toBe(false);
    expect(await faultsOf(page)).toEqual([]);
    expect(errors).toEqual([]);
  });

  test('the title of the tab tells the balance, and warns when the source is down', async () => {
    const { url, source } = await startSenti();
    const { page } = await open();
    await page.goto(`${url}/?track=coffee`);
    const titled = (text: string) => eventually(async () => (await page.title()) === text);
    await page.locator('#status-text', { hasText: /^Live/ }).waitFor();
    // Nine posts are too few for a balance.
    for (let n = 0; n < 9; n += 1) source.say('good coffee');
    await page.locator('.basis', { hasText: '9 posts' }).waitFor();
    await titled('coffee – Senti');
    const card = ['.number', '.mood'].map((part) => page.locator(part));
    const says = () => Promise.all(card.map((part) => part.textContent()));
    expect(await says()).toEqual(['–', 'Too few posts yet']);
    source.say('good coffee');
    await titled('coffee +100 – Senti');
    await page.locator('.basis', { hasText: '10 posts' }).waitFor();
    expect(await says()).toEqual(['+100', 'Very positive']);
    expect(await page.locator('.bar i:visible').count()).toBe(1);
    // A page that is not in sight asks the server only twice a minute, but its tab shows.
    const hide = (change: string) =>
      page.evaluate(`${change}; document.dispatchEvent(new Event('visibilitychange'))`);
    await hide(`Object.defineProperty(document, 'hidden', { value: true, configurable: true })`);
    source.say('awful coffee');
    await vi.waitFor(async () => expect(await page.title()).toBe('coffee +82 – Senti'), 20_000);
    await hide('delete document.hidden');
    source.become({ name: 'waiting', reason: 'it is down', until: Date.now() + 60_000 });
    await titled('⚠ coffee +82 – Senti');
  });
});
