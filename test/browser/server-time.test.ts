// The dashboard in a browser whose clock is wrong. The server's clock stands still unless a test moves it.

import { setImmediate } from 'node:timers/promises';
import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { executablePath, useBrowser } from '../support/browser.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { configOf, startSenti } from '../support/senti.ts';
import { until } from '../support/until.ts';

const MINUTE = 60_000;

/** A server that has followed coffee since 10:00:15, with a post a minute. It is 10:04:15 there. */
async function startWithPast() {
  const clock = new FakeClock(Date.parse('2026-11-20T10:00:15Z'));
  const senti = await startSenti(configOf('--follow', 'coffee'), clock);
  for (let minute = 0; minute < 4; minute += 1) {
    senti.source.say('good coffee');
    clock.advance(MINUTE);
    await setImmediate();
  }
  return { ...senti, clock };
}

/** The rows of the table of a topic, from the newest on, as soon as they are as wanted. */
async function rows(page: Page, n: number, ...wanted: readonly RegExp[]): Promise<void> {
  const topic = page.locator('.topic').nth(n);
  const table = topic.locator('.minutes tbody tr');
  if (!(await table.first().isVisible())) await topic.locator('figure summary').click();
  await expect
    .poll(() => table.allTextContents(), { timeout: 10_000 })
    .toEqual(wanted.map((row) => expect.stringMatching(row)));
}

/** What the chart of a topic tells of the moment so many steps before its right edge. */
async function tells(page: Page, n: number, steps: number): Promise<string | null> {
  const chart = page.locator('.topic').nth(n).getByRole('slider');
  await chart.press('End');
  for (let step = 0; step < steps; step += 1) await chart.press('ArrowLeft');
  return chart.getAttribute('aria-valuetext');
}

describe.skipIf(!executablePath)('the dashboard', () => {
  const open = useBrowser();

  async function visit(url: string, time: number) {
    const watched = await open({ reducedMotion: 'reduce', timezoneId: 'Asia/Kolkata' });
    await watched.page.clock.install({ time });
    await watched.page.goto(url);
    return watched;
  }

  test.each([
    ['right', 0],
    ['3 minutes ahead', 3],
    ['5 hours ahead', 300],
    ['10 minutes behind', -10],
  ])(
    'shows what it knows at its time, and nothing else, in a browser whose clock is %s',
    async (_, minutes) => {
      const { url, clock, source } = await startWithPast();
      const time = clock.now() + minutes * MINUTE;
      const { page, errors } = await visit(`${url}/?track=coffee&track=tea`, time);
      await until(() => source.wanted.length === 2, 'both are wanted');
      source.say('good tea');
      // The server knows coffee since 10:00:15, and tea since now.
      const known = /^\d to \d\d\d\d$/;
      const unknown = /^\d to \d(–––|\d\+\d\+\d\+)$/;
      await rows(page, 0, known, known, known, known, unknown);
      await rows(page, 1, /^0 to 11\+0\+0\+$/, unknown, unknown, unknown, unknown);
      await page.getByText('1 h', { exact: true }).click();
      await page
        .locator('.basis')
        .filter({ hasText: 'At least 4 posts in the last hour' })
        .waitFor();
      // In local time, half an hour apart from that of the server.
      expect(await tells(page, 0, 0)).toMatch(/^15:34 to 15:35: not known$/);
      expect(await tells(page, 0, 1)).toMatch(
        /^15:33 to 15:34: 1 positive, 0 neutral, 0 negative$/,
      );
      expect(await tells(page, 0, 5)).toMatch(/^15:29 to 15:30: not known$/);
      await rows(
        page,
        0,
        /^15:304\+0\+0\+$/,
        /^15:20–––$/,
        /^15:10–––$/,
        /^15:00–––$/,
        /^14:50–––$/,
        /^14:40–––$/,
        /^14:3\d–––$/,
      );
      expect(errors).toEqual([]);
    },
  );

  test('goes on as before when the clock of the browser is set', async () => {
    const { url, clock, source } = await startWithPast();
    const { page } = await visit(`${url}/?track=coffee`, clock.now());
    await page.locator('.basis').filter({ hasText: '4 posts so far' }).waitFor();
    for (const minutes of [3, -10]) {
      await page.clock.setSystemTime(clock.now() + minutes * MINUTE);
      source.say('good coffee');
      await page
        .locator('.basis')
        .filter({ hasText: minutes > 0 ? '5 posts' : '6 posts' })
        .waitFor();
      await rows(
        page,
        0,
        /^0 to 1\d00$/,
        /^1 to 2\d00$/,
        /^2 to 3\d00$/,
        /^3 to 4\d00$/,
        /^4 to 5(–––|1\+0\+0\+)$/,
      );
    }
  });

  test('goes on after a sleep at the time of the server, and does not know what it slept through', async () => {
    const { url, clock, source } = await startWithPast();
    const { page } = await visit(url, clock.now());
    await page.locator('#status-text').filter({ hasText: 'Live' }).waitFor();
    clock.advance(12_000);
    await page.getByRole('textbox', { name: 'Topic' }).fill('tea');
    await page.keyboard.press('Enter');
    await until(() => source.wanted.length === 2, 'both are wanted');
    const told = () => expect.poll(() => tells(page, 0, 0), { timeout: 10_000 });
    // It has the time of the server before the post comes.
    await told().toMatch(/^15:34:[1-4]\d to 15:34:(2[789]|[345]\d): .*/);
    source.say('good tea');
    await told().toMatch(/ 1 positive/);
    expect(await tells(page, 0, 2)).toMatch(/: not known$/);
  });

  test('goes by the clock of the browser if the server does not tell the time', async () => {
    const { url, clock } = await startWithPast();
    const { page, errors } = await open({ reducedMotion: 'reduce' });
    await page.clock.install({ time: clock.now() });
    await page.addInitScript(`
      const { parse } = JSON;
      JSON.parse = (...text) => {
        const message = parse(...text);
        if (message?.type === 'connection_ack') delete message.payload;
        return message;
      };
    `);
    await page.goto(`${url}/?track=coffee`);
    await page.locator('.basis').filter({ hasText: '4 posts so far' }).waitFor();
    await rows(
      page,
      0,
      /^0 to 1\d00$/,
      /^1 to 2\d00$/,
      /^2 to 3\d00$/,
      /^3 to 4\d00$/,
      /^4 to 5(–––|1\+0\+0\+)$/,
    );
    expect(errors).toEqual([]);
  });
});
