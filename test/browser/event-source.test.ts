// The EventSource of a real browser, with the code of the documentation word for word.

import type { Page } from 'playwright-core';
import { describe, expect, test } from 'vitest';
import { ADDRESS } from '../support/block-program.ts';
import { executablePath, useBrowser } from '../support/browser.ts';
import { crash, listening, start } from '../support/program.ts';
import { blocksOf, PAGES } from '../support/readmes.ts';
import { configOf, startSenti } from '../support/senti.ts';
import { startProxy } from '../support/tcp-proxy.ts';
import { until } from '../support/until.ts';

const [block] = PAGES.flatMap(blocksOf).filter(
  ({ language, code }) => language === 'js' && code.includes('recovered'),
);

describe.skipIf(!executablePath)("a browser's EventSource", () => {
  const open = useBrowser();

  /** Runs the code on a page of the server itself, and collects what it prints. */
  async function follow(page: Page, url: string) {
    const events: string[] = [];
    const notices: string[] = [];
    let changed = () => {};
    page.on('console', async (message) => {
      const [value] = message.args();
      const printed: unknown = message.type() === 'log' && (await value?.jsonValue());
      if (typeof printed === 'string') notices.push(printed.replace(/:.*/, ''));
      else if (printed) events.push((printed as { cursor: string }).cursor);
      changed();
    });
    await page.goto(`${url}/health`);
    await page.evaluate(block?.code.replace(ADDRESS, new URL(url).host) ?? '');
    return {
      events,
      notices,
      async has(isDone: () => boolean): Promise<void> {
        while (!isDone()) {
          await new Promise<void>((resolve) => {
            changed = resolve;
          });
        }
      },
    };
  }

  test('gets every event once, and knows it, when its connection is cut again and again', async () => {
    const { url, source } = await startSenti(configOf('--linger', '60'));
    const proxy = await startProxy(Number(new URL(url).port));
    const { page } = await open();
    const { events, notices, has } = await follow(page, `http://127.0.0.1:${proxy.port}`);
    await until(() => source.wanted.length > 0, 'coffee is wanted');
    let said = 0;
    const say = (count: number) => {
      for (let i = 0; i < count; i += 1) source.say('coffee');
      said += count;
    };
    say(5);
    await has(() => events.length === said);
    for (let cut = 1; cut <= 2; cut += 1) {
      say(20);
      proxy.cut();
      say(20);
      proxy.mend();
      await has(() => events.length >= said);
    }
    say(5);
    await has(() => events.length >= said);
    expect(new Set(events).size).toBe(said);
    expect(events).toEqual(events.toSorted(byNumber));
    expect(notices).toEqual(['recovered', 'recovered']);
  });

  test('is told of a gap when its server is killed and started again, and goes on', async () => {
    const first = start('--port', '0');
    const url = await listening(first);
    const { page } = await open();
    const { events, notices, has } = await follow(page, url);
    await has(() => events.length > 0);
    await crash(first);
    await listening(start('--port', new URL(url).port));
    await has(() => notices.length > 0);
    const before = events.length;
    await has(() => events.length >= before + 3);
    expect(notices).toEqual(['gap']);
    expect(new Set(events).size).toBe(events.length);
  });
});

/** Cursors of one server sort as their bytes do. */
function byNumber(one: string, other: string): number {
  return Buffer.compare(Buffer.from(one, 'base64url'), Buffer.from(other, 'base64url'));
}
