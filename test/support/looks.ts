// How a page looks to people in each mode: light and dark, with forced colours, on a phone, at 200 % zoom.

import { mkdirSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Page } from 'playwright-core';
import { violationsOf } from './browser.ts';

/** Pictures for a person to look at. */
export const OUTPUT = fileURLToPath(new URL('../output/', import.meta.url));
mkdirSync(OUTPUT, { recursive: true });

const DESKTOP = { width: 1280, height: 900 };
const PHONE = { width: 390, height: 844 };
/** At 200 % zoom, a window has half as many pixels of CSS. */
const ZOOMED = { width: 640, height: 450 };

/** Whether an element is for the eyes too. */
export const SEEN = `(element) =>
  element.checkVisibility({ visibilityProperty: true }) && !element.closest('.unseen, h1')`;

/** The texts that are not whole: beyond the edge of the window, or of a box that clips them. */
export const CUT_OFF = `[...document.querySelectorAll('body *')].filter(${SEEN}).flatMap((element) => {
  const place = document.createRange();
  return [...element.childNodes].filter((node) => {
    if (node.nodeType !== Node.TEXT_NODE || node.data.trim() === '') return false;
    place.selectNode(node);
    const { left, right } = place.getBoundingClientRect();
    if (left < 0 || right > innerWidth) return true;
    // A long name has its end elsewhere.
    if (element.title === node.data || element.closest('.tip')) return false;
    for (let box = element; box; box = box.parentElement) {
      const edge = box.getBoundingClientRect();
      const isClipped = getComputedStyle(box).overflowX !== 'visible';
      if (isClipped && (left < edge.left - 1 || right > edge.right + 1)) return true;
    }
    return false;
  }).map(({ data }) => data);
})`;

/** The tips that hide something of a chart, or go beyond the sides of their own, and the crosshairs that do. */
const MISPLACED = `[...document.querySelectorAll(':is(.tip, .crosshair):not([hidden])')].filter((it) => {
  const own = it.getBoundingClientRect();
  const edge = it.closest('figure').querySelector('.chart').getBoundingClientRect();
  return own.left < edge.left || own.right > edge.right + 1 || it.className === 'tip' &&
    [...document.querySelectorAll('.chart')].filter(${SEEN}).some((chart) => {
      const { left, right, top, bottom } = chart.getBoundingClientRect();
      return own.left < right && own.right > left && own.top < bottom && own.bottom > top;
    });
}).map(({ outerHTML }) => outerHTML)`;

/** The controls that forced colours would hide, since they take away backgrounds: those with neither border nor text. */
const SHAPELESS = `[...document.querySelectorAll('button, select, a, summary, label')].filter(${SEEN})
  .filter((control) => ![null, '::before'].some((part) => {
    const { borderTopWidth, content } = getComputedStyle(control, part);
    return content !== 'none' && parseFloat(borderTopWidth) > 0;
  }) && control.textContent.trim() === '').map(({ outerHTML }) => outerHTML)`;

/** The parts of the page that lie on each other. */
const OVERLAPPING = `(() => {
  const parts = [...document.querySelectorAll(
    '#form, #ranges, .notify, #summary, figure, .topic > header, .shares, .with, .latest, #tools',
  )].filter(${SEEN});
  return parts.flatMap((part, i) => parts.slice(i + 1).filter((other) => {
    const [one, two] = [part, other].map((it) => it.getBoundingClientRect());
    return one.left < two.right - 1 && two.left < one.right - 1 &&
      one.top < two.bottom - 1 && two.top < one.bottom - 1;
  }).map((other) => [part, other].map((it) => it.id || it.className || it.tagName).join(' on ')));
})()`;

const CHECKS = {
  'too wide': 'document.documentElement.scrollWidth > innerWidth ? [innerWidth] : []',
  'cut off': CUT_OFF,
  'in the way': MISPLACED,
  'on each other': OVERLAPPING,
  'not as wide as its place': `[...document.querySelectorAll('.chart canvas')].flatMap((canvas) => {
    const { clientWidth, ariaLabel } = canvas.closest('.chart');
    return canvas.clientWidth === clientWidth ? [] : [ariaLabel];
  })`,
} as const;

/**
 * What is wrong with the state that a page is in, mode by mode. The page is light and on a desktop afterwards. A `name` keeps
 * a picture of each mode.
 */
export async function faultsOf(page: Page, name?: string): Promise<string[]> {
  const faults: string[] = [];
  const found = (mode: string, some: readonly string[]) => {
    faults.push(...some.map((fault) => `${mode}: ${fault}`));
  };
  const keep = async (mode: string) => {
    if (name) await page.screenshot({ path: `${OUTPUT}${name}-${mode}.png`, fullPage: true });
  };
  const place = async (mode: string, size: { width: number; height: number }) => {
    await page.setViewportSize(size);
    await frames(page, 2);
    for (const [fault, check] of Object.entries(CHECKS)) {
      found(`${mode}: ${fault}`, await page.evaluate<string[]>(check));
    }
    await keep(mode);
  };
  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'none' });
  await place('zoomed', ZOOMED);
  await place('phone', PHONE);
  found('phone', await violationsOf(page, ['target-size']));
  await place('desktop', DESKTOP);
  found('light', await violationsOf(page));
  await page.emulateMedia({ colorScheme: 'dark' });
  found('dark', await violationsOf(page, ['color-contrast']));
  await keep('dark');
  await page.emulateMedia({ colorScheme: 'light', forcedColors: 'active' });
  found('forced colours: shapeless', await page.evaluate<string[]>(SHAPELESS));
  await keep('forced');
  await page.emulateMedia({ forcedColors: 'none' });
  return faults;
}

/** Resolves when the browser has drawn so many frames. */
export async function frames(page: Page, count: number): Promise<void> {
  await page.evaluate(`new Promise((resolve) => {
    (function next(left) {
      if (left > 0) requestAnimationFrame(() => next(left - 1));
      else resolve();
    })(${count});
  })`);
}
