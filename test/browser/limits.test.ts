// What the dashboard does at the limits of the server.

import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { SentimentDocument } from '../../schema/operations.ts';
import { executablePath, PASSING, useBrowser } from '../support/browser.ts';
import { connectGraphQL, run } from '../support/clients.ts';
import { FakeClock } from '../support/fake-clock.ts';
import { faultsOf } from '../support/looks.ts';
import { configOf, startSenti } from '../support/senti.ts';
import { eventually, until } from '../support/until.ts';

const MINUTE = 60_000;

/** What the page asks for from now on: the name of each operation, and its track. */
function operationsOf(page: Page): string[] {
  const asked: string[] = [];
  page.on('websocket', (socket) => {
    socket.on('framesent', ({ payload }) => {
      const { query = '', variables } = JSON.parse(String(payload)).payload ?? {};
      const [, name] = /(?:query|subscription) (\w+)/.exec(query) ?? [];
      if (name) asked.push([name, variables.track].join(' ').trim());
    });
  });
  return asked;
}

/** How often the page has asked for something. */
function count(asked: readonly string[], operation: string): number {
  return asked.filter((each) => each === operation).length;
}

/** Lets a minute pass on the page, and with it whatever it does by itself. It asks for the status every five seconds. */
async function aMinute(page: Page, asked: readonly string[]): Promise<void> {
  const before = count(asked, 'Status');
  await eventually(async () => {
    await page.clock.runFor(1000);
    return count(asked, 'Status') >= before + 12;
  });
}

describe.skipIf(!executablePath)('the dashboard at a limit', () => {
  const open = useBrowser();

  test('asks once for a topic that cannot be tracked', async () => {
    const { url } = await startSenti();
    const { page } = await open();
    const asked = operationsOf(page);
    await page.clock.install();
    await page.goto(`${url}/?track=the&track=coffee`);
    await page.locator('.rejection', { hasText: 'stop words' }).waitFor();
    await aMinute(page, asked);
    expect(count(asked, 'Sentiment the')).toBe(1);
    expect(count(asked, 'Summary the')).toBe(1);
    expect(await page.getByText('tries again').count()).toBe(0);
    expect(await page.locator('.summary tfoot td').isVisible()).toBe(false);
  });

  test('follows nothing of a topic that is not tracked, and tracks it when another one leaves it a place', async () => {
    const { url, source } = await startSenti(configOf('--max-tracks', '1'));
    const { page, errors } = await open();
    const asked = operationsOf(page);
    await page.clock.install();
    await page.goto(`${url}/?track=coffee&track=tea`);
    await page.locator('.rejection', { hasText: 'limit of 1 tracks' }).waitFor();
    await page.getByText('1 h', { exact: true }).click();
    await aMinute(page, asked);
    expect(count(asked, 'Summary tea')).toBe(1);
    const tries = count(asked, 'Sentiment tea');
    expect(tries).toBeGreaterThan(3);
    expect(tries).toBeLessThan(10);
    expect(await page.locator('.reason').last().textContent()).toMatch(
      / This page tries again by itself\.$/,
    );

    await page.getByRole('button', { name: 'Stop tracking coffee' }).click();
    await page.locator('.rejection:visible').waitFor({ state: 'detached' });
    expect(source.wanted.at(-1)).toEqual(['tea']);
    source.say('good tea');
    await page.getByRole('row', { name: /^tea .* few posts/ }).waitFor();
    expect(errors).toEqual([]);
  });

  test('tries a topic again as it is when a person asks for that', async () => {
    const { url, socketUrl, source } = await startSenti(configOf('--max-tracks', '1'));
    const other = connectGraphQL(socketUrl);
    void run(other, SentimentDocument, { track: 'milk' }).next();
    await until(() => source.wanted.length === 1);
    const { page, errors } = await open();
    await page.clock.install();
    await page.goto(`${url}/?track=tea`);
    await page.locator('.rejection', { hasText: 'limit of 1 tracks' }).waitFor();
    // It would try by itself.
    await page.clock.pauseAt(Date.now() + MINUTE);
    await other.dispose();
    await until(() => source.tracks.length === 0);
    await page.getByRole('button', { name: 'Try again' }).click();
    await until(() => source.wanted.at(-1)?.[0] === 'tea');
    expect(new URL(page.url()).search).toBe('?track=tea');
    expect(errors).toEqual([]);
  });

  test('waits for a budget of work that is used up, for topics and for their rows', async () => {
    const clock = new FakeClock(Date.now());
    const { url, source } = await startSenti(configOf('--max-work-per-second', '1000'), clock);
    const { page, errors } = await open();
    await page.addInitScript(PASSING);
    await page.goto(`${url}/?track=coffee&track=tea`);
    await page
      .locator('.rejection', { hasText: /; wait \d seconds\. This page tries again/ })
      .waitFor();
    expect(source.wanted).toEqual([['coffee']]);
    await eventually(async () => {
      await page.evaluate('pass(1000)');
      clock.advance(1000);
      return (await page.locator('.rejection:visible').count()) === 0;
    });
    expect(source.wanted.at(-1)).toEqual(['coffee', 'tea']);
    for (const track of ['coffee', 'tea']) source.say(track);
    const rows = page.getByRole('row', { name: /^(coffee|tea) .*few posts/ });
    await eventually(async () => {
      await page.evaluate('pass(1000)');
      clock.advance(1000);
      return (await rows.count()) === 2;
    });
    expect(errors).toEqual([]);
  });

  test('sends its messages one at a time to a server that takes few, and says so', async () => {
    const { url, source } = await startSenti(configOf('--max-messages-per-second', '5'));
    const { page, errors } = await open();
    const tracks = ['coffee', 'tea', 'milk'];
    await page.goto(`${url}/?track=${tracks.join('&track=')}`);
    await page
      .locator('#status-text', { hasText: /^Live: .*\. This server takes few messages, so/ })
      .waitFor();
    await until(() => source.tracks.length === tracks.length);
    for (const track of tracks) source.say(track);
    for (const track of tracks) {
      await page.getByRole('row', { name: new RegExp(`^${track} .*few posts`) }).waitFor();
    }
    expect(errors).toEqual([]);
  });

  test('keeps its topics and its questions where a connection has few places, and fills rows as places become free', async () => {
    const { url, source } = await startSenti(configOf('--max-subscriptions', '5'));
    const { page, errors } = await open();
    const tracks = ['coffee', 'tea', 'milk', 'rain'];
    await page.goto(`${url}/?track=${tracks.join('&track=')}`);
    await page.locator('#status-text', { hasText: /^Live/ }).waitFor();
    const said =
      /^Some rows stay empty for now\. A socket may run at most 5 .* This page tries again/;
    const note = page.locator('.summary tfoot td', { hasText: said });
    await note.waitFor();
    expect(source.tracks.length).toBe(4);
    for (const track of tracks) source.say(track);
    await page.locator('.basis', { hasText: '1 post' }).nth(3).waitFor();
    expect(await faultsOf(page)).toEqual([]);

    for (const track of ['coffee', 'tea']) {
      await page.getByRole('button', { name: `Stop tracking ${track}` }).click();
    }
    await note.waitFor({ state: 'detached' });
    for (const track of ['milk', 'rain']) {
      await page.getByRole('row', { name: new RegExp(`^${track} .*few posts`) }).waitFor();
    }
    expect(errors).toEqual([]);
  });
});
