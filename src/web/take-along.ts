// What can be taken along from the page: its link, its counts as CSV, and its charts as a picture.

import { the } from './dom.ts';
import type { Cell } from './rolling-window.ts';

export interface Shown {
  readonly track: string;
  readonly cells: readonly Cell[];
  /** The part of the page that shows the topic. */
  readonly element: HTMLElement;
}

/** `shown` tells what the page shows at the moment. */
export function createTools(shown: () => readonly Shown[]): void {
  const said = the('#tools-said', HTMLElement);
  const on = (id: string, act: () => string | Promise<string>) => {
    the(id, HTMLButtonElement).addEventListener('click', async () => {
      said.textContent = await act();
    });
  };
  on('#copy-link', async () => {
    try {
      await navigator.clipboard.writeText(location.href);
      return 'Link copied.';
    } catch {
      // Browsers allow it only on secure pages, and only if their user does.
      return 'The browser does not allow it. Copy the address of this page.';
    }
  });
  on('#save-csv', () => {
    save(new Blob([toCsv(shown())], { type: 'text/csv' }), 'csv');
    return 'Counts saved.';
  });
  on('#save-picture', async () => {
    const picture = await draw(shown());
    if (!picture) return 'There is no chart yet.';
    save(picture, 'png');
    return 'Picture saved.';
  });
}

/** A line for each topic and span of time, as in RFC 4180. */
export function toCsv(topics: readonly Omit<Shown, 'element'>[]): string {
  const lines = topics.flatMap(({ track, cells }) =>
    cells.map(({ from, to, counts: [positive, negative, neutral], isKnown }) =>
      [field(track), time(from), time(to), positive, neutral, negative, isKnown].join(','),
    ),
  );
  return ['topic,from,to,positive,neutral,negative,complete', ...lines, ''].join('\r\n');
}

function field(text: string): string {
  // A spreadsheet would run what begins like a formula.
  const harmless = /^[=+\-@\t\r]/.test(text) ? `'${text}` : text;
  return `"${harmless.replaceAll('"', '""')}"`;
}

function time(seconds: number): string {
  return new Date(seconds * 1000).toISOString();
}

function save(content: Blob, ending: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = `senti-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${ending}`;
  link.click();
  // The browser reads the content after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** The charts below each other, each under the name and the numbers of its topic. */
async function draw(topics: readonly Shown[]): Promise<Blob | null> {
  const charts = topics.flatMap(({ track, element }) => {
    const chart = element.querySelector<HTMLCanvasElement>('.chart canvas');
    const texts = ['.number', '.mood', '.basis'].map(
      (selector) => element.querySelector(selector)?.textContent ?? '',
    );
    return chart ? [{ chart, text: `${track}   ${texts.join('  ')}` }] : [];
  });
  if (charts.length === 0) return null;
  const unit = devicePixelRatio * 16;
  const head = unit * 2;
  const canvas = document.createElement('canvas');
  canvas.width = Math.max(...charts.map(({ chart }) => chart.width)) + 2 * unit;
  canvas.height = charts.reduce((sum, { chart }) => sum + chart.height + head, unit * 3);
  const pen = canvas.getContext('2d');
  if (!pen) return null;
  const { color, backgroundColor, fontFamily } = getComputedStyle(document.documentElement);
  pen.fillStyle = backgroundColor;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = color;
  pen.font = `600 ${unit}px ${fontFamily}`;
  let top = unit;
  for (const { chart, text } of charts) {
    pen.fillText(text, unit, top + unit, canvas.width - 2 * unit);
    pen.drawImage(chart, unit, top + head);
    top += head + chart.height;
  }
  pen.font = `${unit * 0.75}px ${fontFamily}`;
  pen.fillText(`Senti, ${new Date().toLocaleString()}`, unit, top + unit);
  return new Promise((resolve) => canvas.toBlob(resolve));
}
