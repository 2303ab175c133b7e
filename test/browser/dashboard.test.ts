// The dashboard in a real browser, on a real server.

import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { executablePath, useBrowser } from '../support/browser.ts';
import { faultsOf, frames } from '../support/looks.ts';
import { configOf, startReal, startSenti } from '../support/senti.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import { ndjson, tempFile } from '../support/temp-file.ts';
import { eventually } from '../support/until.ts';

/** Topic number `n` on the page, from 0. */
function topicOf(page: Page, n = 0) {
  const topic = page.locator('.topic').nth(n);
  return {
    topic,
    number: topic.locator('.number'),
    heading: topic.getByRole('heading', { level: 2 }),
  };
}

/** Resolves when posts have been counted. */
async function counted(page: Page, n = 0): Promise<void> {
  await topicOf(page, n).number.filter({ hasText: /\d/ }).waitFor();
}

/** Resolves when the chart of a topic has changed from what it shows now. */
async function moved(page: Page, n = 0): Promise<void> {
  const picture = `document.querySelectorAll('.topic .chart canvas')[${n}]?.toDataURL()`;
  const before = await page.evaluate(picture);
  await until(page, `${picture} !== ${JSON.stringify(before)}`);
}

/**
 * Resolves when an expression holds. The page's policy forbids what Playwright's own waitForFunction does with one. Looking
 * in every frame would take more of the CPU than the page.
 */
async function until(page: Page, condition: string): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    (async function check() {
      if (await (${condition})) resolve();
      else setTimeout(check, 50);
    })();
  })`);
}

/** Resolves when a topic says that it is about so many posts. */
async function shows(page: Page, basis: string): Promise<void> {
  await page.locator('.basis').filter({ hasText: basis }).waitFor();
}

async function saysStatus(page: Page, text: string | RegExp): Promise<void> {
  await page.locator('#status-text').filter({ hasText: text }).waitFor();
}

/** Whether the curves go on to the right edge of the first chart. They have a hue, and the grid has none. */
const hasCurveAtItsEnd = `(() => {
  const { width, height } = document.querySelector('.chart canvas');
  const { data } = document.querySelector('.chart canvas')
    .getContext('2d').getImageData(width - 3, 0, 1, height);
  for (let at = 0; at < data.length; at += 4) {
    const [red, , blue, alpha] = data.slice(at, at + 4);
    if (alpha > 100 && Math.abs(red - blue) > 60) return true;
  }
  return false;
})()`;

/** How often a chart has been drawn until a time in milliseconds. */
interface Drawn {
  readonly drawn: number;
  readonly at: number;
}

/**
 * Returns a function that tells how often the first chart of a topic is drawn in the meantime, and how long that is in
 * milliseconds. It is for a page that is still to be loaded.
 */
async function watchDrawing(page: Page) {
  await page.addInitScript(`
    const { clearRect } = CanvasRenderingContext2D.prototype;
    let drawn = 0;
    CanvasRenderingContext2D.prototype.clearRect = function (...place) {
      if (this.canvas === document.querySelector('.topic canvas')) drawn++;
      return clearRect.apply(this, place);
    };
    globalThis.countDrawn = () => ({ drawn, at: performance.now() });
  `);
  return async (meantime: () => Promise<void>) => {
    const before = await page.evaluate<Drawn>('countDrawn()');
    await meantime();
    const after = await page.evaluate<Drawn>('countDrawn()');
    return { drawn: after.drawn - before.drawn, ms: after.at - before.at };
  };
}

/** Whether the first topic has counted so many posts. */
function postsOfFirst(count: number): string {
  return `[...document.querySelectorAll('.topic')[0].querySelectorAll('.shares td:nth-of-type(1)')]
    .reduce((sum, cell) => sum + Number(cell.textContent.replace(',', '')), 0) >= ${count}`;
}

describe.skipIf(!executablePath)('the dashboard', () => {
  const open = useBrowser();

  test('draws a live picture of what is typed, and asks nothing of anybody else', async () => {
    const { url } = await startReal();
    const { page, errors, origins } = await open();
    await page.goto(url);
    await saysStatus(page, /^Ready: made-up posts/);
    await page.getByRole('textbox', { name: 'Topic' }).fill('coffee');
    await page.keyboard.press('Enter');
    await counted(page);
    await saysStatus(page, 'Live: made-up posts (the sample)');
    await moved(page);
    const { topic } = topicOf(page);
    await topic.locator('.tags li').first().waitFor();
    await topic.locator('.events li').first().waitFor();
    await topic.locator('figure summary').click();
    await topic.getByRole('row', { name: /^0 to 1 \d+\+? \d+\+? \d+\+?$/ }).waitFor();
    await topic.getByRole('table', { name: 'Posts on coffee by the minute' }).waitFor();
    expect(new URL(page.url()).search).toBe('?track=coffee');
    await until(page, '/^coffee (0|[+−]\\d+) – Senti$/.test(document.title)');
    expect(errors).toEqual([]);
    expect([...origins]).toEqual([new URL(url).host]);
  });

  test('compares the topics of a shared link, and goes back and forth with the browser', async () => {
    const { url } = await startReal();
    const { page, errors } = await open();
    await page.goto(`${url}/?track=coffee&track=tea`);
    await Promise.all([counted(page, 0), counted(page, 1)]);
    const headings = page.getByRole('heading', { level: 2 });
    expect(await headings.allTextContents()).toEqual(['coffee', 'tea']);
    const tab = page.context().waitForEvent('page');
    await page.getByRole('link', { name: 'weather' }).click({ modifiers: ['ControlOrMeta'] });
    await (await tab).close();
    expect(new URL(page.url()).search).toBe('?track=coffee&track=tea');
    await page.getByRole('link', { name: 'music' }).click();
    await counted(page, 2);
    expect(new URL(page.url()).search).toBe('?track=coffee&track=tea&track=music');
    await page.getByRole('button', { name: 'Stop tracking coffee' }).click();
    await topicOf(page, 2).topic.waitFor({ state: 'detached' });
    expect(await headings.allTextContents()).toEqual(['tea', 'music']);
    // A topic keeps its sign.
    expect(await topicOf(page).topic.getAttribute('data-place')).toBe('1');
    await page.goBack();
    await topicOf(page, 2).topic.waitFor();
    expect(await headings.allTextContents()).toEqual(['coffee', 'tea', 'music']);
    await page.goForward();
    await topicOf(page, 2).topic.waitFor({ state: 'detached' });
    expect(errors).toEqual([]);
  });

  test('has room for four topics, and says so at the fifth', async () => {
    const { url } = await startReal();
    const { page } = await open();
    await page.goto(`${url}/?track=coffee&track=tea&track=music&track=pizza`);
    await counted(page, 3);
    await page.getByRole('textbox').fill('film');
    await page.keyboard.press('Enter');
    await page.locator('#hint', { hasText: 'close one first' }).waitFor();
    expect(await page.locator('.topic').count()).toBe(4);
  });

  test('says why a track is rejected, and goes on with the others', async () => {
    const { url } = await startReal();
    const { page, errors } = await open();
    // A screen reader announces each change, however soon the next one follows.
    await page.addInitScript(`
      said = [];
      new MutationObserver((changes) => {
        for (const { target, addedNodes } of changes) {
          if (target.id === 'live-region') said.push(addedNodes[0]?.data ?? '');
        }
      }).observe(document, { childList: true, subtree: true });
    `);
    await page.goto(`${url}/?track=the&track=coffee`);
    await page
      .locator('.rejection')
      .filter({ hasText: /Not tracked\. .*stop words/ })
      .waitFor();
    await until(page, `said.some((text) => text.startsWith('the is not tracked.'))`);
    await counted(page, 1);
    const field = page.getByRole('textbox', { name: 'In place of the' });
    await field.fill('tea');
    await field.press('Enter');
    await counted(page, 0);
    expect(new URL(page.url()).search).toBe('?track=tea&track=coffee');
    expect(errors).toEqual([]);
  });

  test('shows what a stranger wrote as text, and links to nothing but web addresses', async () => {
    const { url, source } = await startSenti();
    const { page, errors } = await open();
    await page.goto(`${url}/?track=${encodeURIComponent('<img src=x onerror=alert(1)>')}`);
    await topicOf(page).heading.filter({ hasText: '<img' }).waitFor();
    await page.goto(`${url}/?track=coffee`);
    await saysStatus(page, 'Live: posts from hand');
    source.say('good coffee', { url: 'javascript:alert(1)' });
    source.say('good coffee #beans', { url: 'https://example.com/post' });
    const links = page.locator('.events a');
    await links.first().waitFor();
    expect(await page.locator('.events li').count()).toBe(2);
    expect(await links.count()).toBe(1);
    expect(await links.first().getAttribute('href')).toBe('https://example.com/post');
    expect(errors).toEqual([]);
  });

  test('says that the source waits, why and until when', async () => {
    const { url, source } = await startSenti();
    const { page } = await open();
    await page.goto(`${url}/?track=coffee`);
    await saysStatus(page, 'Live: posts from hand');
    source.become({
      name: 'waiting',
      reason: 'it is down for repairs',
      until: Date.now() + 60_000,
    });
    await saysStatus(page, /^Waiting for the source: it is down for repairs\. Next try at \d\d:/);
    expect(await faultsOf(page)).toEqual([]);
    source.become({ name: 'live' });
    await saysStatus(page, 'Live: posts from hand');
  });

  test('comes back by itself when the server is gone and another one takes its place, and says so', async () => {
    const servers = await Promise.all([startReal(), startReal()]);
    const [first, second] = servers.map(({ url }) => Number(new URL(url).port));
    const proxy = await startProxy(first ?? 0);
    const { page } = await open();
    await page.goto(`http://127.0.0.1:${proxy.port}/?track=coffee&track=tea`);
    await counted(page, 1);
    proxy.cut();
    await saysStatus(page, 'Connection lost. Reconnecting…');
    expect(await faultsOf(page)).toEqual([]);
    proxy.mend(second);
    await saysStatus(page, /^Live: made-up posts .*Reconnected at \d\d:\d\d:\d\d$/);
    // The new server cannot know what the old one would have sent.
    for (const n of [0, 1]) {
      const { topic } = topicOf(page, n);
      await topic.getByText(/^Posts may be missing before \d\d:\d\d:\d\d\.$/).waitFor();
    }
    const posts = page.locator('.shares td:nth-of-type(1)');
    const before = await posts.allTextContents();
    await until(
      page,
      `[...document.querySelectorAll('.shares td:nth-of-type(1)')].map((cell) => cell.textContent).join() !== '${before}'`,
    );
    await moved(page);
  });

  test('notices that nothing comes through its connection, though it is open', async () => {
    const { url } = await startSenti();
    const proxy = await startProxy(Number(new URL(url).port));
    const { page } = await open();
    await page.clock.install();
    await page.goto(`http://127.0.0.1:${proxy.port}/?track=coffee`);
    await saysStatus(page, 'Live: posts from hand');
    proxy.stall();
    const status = page.locator('#status-text');
    await eventually(async () => {
      await page.clock.fastForward(5000);
      return (await status.textContent()) === 'Connection lost. Reconnecting…';
    });
    // Posts may have been lost since the last message, and not only since the page has noticed.
    const chart = page.locator('.topic').getByRole('slider');
    await chart.press('End');
    await chart.press('ArrowLeft');
    expect(await chart.getAttribute('aria-valuetext')).toMatch(/: not known$/);
    proxy.mend();
    await saysStatus(page, /Reconnected at/);
  });

  test('goes on where it was when its connection was cut, without loss', async () => {
    const { url, source } = await startSenti(configOf('--linger', '60'));
    const proxy = await startProxy(Number(new URL(url).port));
    const { page } = await open();
    await page.goto(`http://127.0.0.1:${proxy.port}/?track=coffee`);
    await saysStatus(page, 'Live: posts from hand');
    const say = (count: number) => {
      for (let n = 0; n < count; n += 1) source.say('coffee');
    };
    say(3);
    await shows(page, '3 posts so far');
    proxy.cut();
    await saysStatus(page, 'Connection lost. Reconnecting…');
    say(4);
    proxy.mend();
    await saysStatus(page, /Reconnected at/);
    await shows(page, '7 posts so far');
    say(1);
    await shows(page, '8 posts so far');
    expect(await page.locator('.missing').textContent()).toBe('');
  });

  test('begins with the newest posts when it is reloaded', async () => {
    const { url, source } = await startSenti(configOf('--linger', '60'));
    const { page } = await open();
    await page.goto(`${url}/?track=coffee`);
    await saysStatus(page, 'Live: posts from hand');
    for (let n = 0; n < 4; n += 1) source.say('coffee');
    await shows(page, '4 posts so far');
    await page.reload();
    await shows(page, '4 posts so far');
    await page.locator('.events li').nth(3).waitFor();
    source.say('coffee');
    await shows(page, '5 posts so far');
  });

  test('reconnects by itself to a server that told it to leave', async () => {
    const first = await startReal();
    const { page } = await open();
    await page.goto(`${first.url}/?track=coffee`);
    await counted(page);
    await first.close();
    await saysStatus(page, 'Connection lost. Reconnecting…');
    await startReal('--port', new URL(first.url).port);
    await saysStatus(page, /^Live: .*Reconnected at/);
    await moved(page);
  });

  test('shows an outage of the source as a gap, and not as zero posts', async () => {
    const { url, source } = await startSenti();
    const { page } = await open();
    await page.goto(`${url}/?track=coffee`);
    await saysStatus(page, 'Live: posts from hand');
    source.say('good coffee');
    await until(page, hasCurveAtItsEnd);
    const colour = `getComputedStyle(document.querySelector('.summary td')).color`;
    const live = await page.evaluate(colour);
    source.become({ name: 'waiting', reason: 'it is down', until: Date.now() + 60_000 });
    await saysStatus(page, /^Waiting/);
    await until(page, `!${hasCurveAtItsEnd}`);
    // The rows of the summary are no news any more.
    expect(await page.evaluate(colour)).not.toBe(live);
    source.become({ name: 'live' });
    await until(page, hasCurveAtItsEnd);
  });

  test('draws four topics at 200 events a second, and nothing more often than a pixel moves', async () => {
    const posts = Array.from({ length: 2000 }, (_, n) => ({
      id: String(n),
      text: `${n % 3 === 0 ? 'great' : n % 3 === 1 ? 'awful' : 'more'} coffee tea music film #tag${n % 50}`,
    }));
    const file = tempFile('posts.ndjson', ndjson(posts));
    const { url } = await startReal(
      ...['--source', 'replay', '--file', file, '--rate', '200', '--loop'],
    );
    const { page } = await open();
    const watch = await watchDrawing(page);
    await page.goto(`${url}/?track=coffee&track=tea&track=music&track=film`);
    await Promise.all([0, 1, 2, 3].map((n) => counted(page, n)));
    // What is new on the page comes faster for five seconds.
    await until(page, postsOfFirst(1200));
    await page.evaluate(`
      globalThis.changed = 0;
      new MutationObserver(() => changed++).observe(
        document.querySelector('.shares td'),
        { childList: true },
      );
    `);
    const live = await watch(() => until(page, postsOfFirst(2000)));
    expect(live.drawn).toBeGreaterThan(0);
    expect(live.drawn).toBeLessThanOrEqual((live.ms / 1000) * 15 + 1);
    // Numbers stay for about two seconds, so that they can be read.
    const changed = await page.evaluate<number>('changed');
    expect(changed).toBeGreaterThan(0);
    expect(changed).toBeLessThanOrEqual(live.ms / 1800 + 1);

    // A topic without posts has a scale that stays.
    await page.goto(`${url}/?track=nothing&range=1h`);
    await page.locator('.topic canvas').waitFor();
    await frames(page, 30);
    const still = await watch(() => frames(page, 120));
    const pixels = await page.evaluate<number>(`document.querySelector('canvas').clientWidth`);
    const moved = (still.ms / 3_600_000) * pixels;
    // The server's counts come every five seconds.
    const answers = still.ms / 5000 + 1;
    expect(still.drawn).toBeLessThanOrEqual(moved + 1 + answers);
  });

  test('draws a chart that is out of sight every ten seconds, and when it comes into sight or is printed', async () => {
    const { url } = await startReal();
    const { page } = await open({ viewport: { width: 1280, height: 300 } });
    const watch = await watchDrawing(page);
    await page.goto(`${url}/?track=coffee`);
    await counted(page);
    const unseen = await watch(() => until(page, postsOfFirst(30)));
    expect(unseen.drawn).toBeLessThanOrEqual(unseen.ms / 10_000 + 1);
    // Nothing else can draw before this looks.
    await until(
      page,
      `(async () => {
        const { drawn } = countDrawn();
        dispatchEvent(new Event('beforeprint'));
        await undefined;
        return countDrawn().drawn > drawn;
      })()`,
    );
    const later =
      '{ const { now } = performance; performance.now = () => now.call(performance) + 10_000; }';
    const one = await watch(async () => {
      const before = await page.evaluate<{ drawn: number }>('countDrawn()');
      await page.evaluate(later);
      await until(page, `countDrawn().drawn > ${before.drawn}`);
    });
    expect(one.drawn).toBeLessThanOrEqual(one.ms / 10_000 + 2);
    await page.locator('.topic .chart').scrollIntoViewIfNeeded();
    await moved(page);
  });

  test('watches the place of a chart once, however often the topics change', async () => {
    const { url } = await startReal();
    const { page } = await open();
    await page.addInitScript(`
      watched = 0;
      const { observe, disconnect } = IntersectionObserver.prototype;
      IntersectionObserver.prototype.observe = function (element) {
        if (element.closest('#comparison')) watched += 1, this.counts = true;
        observe.call(this, element);
      };
      IntersectionObserver.prototype.disconnect = function () {
        if (this.counts) watched -= 1;
        disconnect.call(this);
      };
    `);
    await page.goto(`${url}/?track=coffee&track=tea`);
    await until(page, 'watched === 2');
    for (const [i, topic] of ['music', 'film'].entries()) {
      await page.fill('#track', topic);
      await page.press('#track', 'Enter');
      // A column for the times, and one for each topic.
      await until(page, `document.querySelectorAll('#voice thead th').length === ${4 + i}`);
      await until(page, 'watched === 2');
    }
  });

  test('keeps still for those who asked for less motion', async () => {
    const { url } = await startReal();
    const { page } = await open({ reducedMotion: 'reduce' });
    const watch = await watchDrawing(page);
    await page.goto(`${url}/?track=coffee`);
    await counted(page);
    await moved(page);
    const animated = await page.evaluate('document.getAnimations().length');
    expect(animated).toBe(0);
    // A chart moves once a second.
    const { drawn, ms } = await watch(() => frames(page, 120));
    expect(drawn).toBeLessThanOrEqual(ms / 1000 + 1);
  });

  test('can be worked with the keyboard alone', async () => {
    const { url } = await startReal();
    const { page } = await open();
    await page.goto(url);
    const focused = () => page.evaluate<string>('document.activeElement?.textContent ?? ""');
    for (let n = 0; n < 10 && (await focused()) !== 'coffee'; n++) await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await counted(page);
    const close = page.getByRole('button', { name: 'Stop tracking coffee' });
    await close.focus();
    await page.keyboard.press('Enter');
    await topicOf(page).topic.waitFor({ state: 'detached' });
    expect(await page.evaluate('document.activeElement?.id')).toBe('question');
  });
});
