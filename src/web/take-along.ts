// What can be taken along from the page: its link, its counts as CSV, and its charts as a picture.

import { the } from './dom.ts';
import type { Cell } from './rolling-window.ts';
import type { ServerClock } from './server-clock.ts';
import { DASHES } from './topic-sign.ts';

export interface Shown {
  readonly track: string;
  readonly cells: readonly Cell[];
  /** The part of the page that shows the topic. */
  readonly element: HTMLElement;
}

/** `shown` tells what the page shows at the moment, and `clock` when that is. */
export function createTools(shown: () => readonly Shown[], clock: ServerClock): void {
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
    save(new Blob([toCsv(shown())], { type: 'text/csv' }), 'csv', clock.now());
    return 'Counts saved.';
  });
  on('#save-picture', async () => {
    // Charts out of sight are drawn too. The plots do it before they give way to what waits.
    dispatchEvent(new Event('beforeprint'));
    await undefined;
    const now = clock.now();
    const picture = await draw(shown(), now);
    if (!picture) return 'There is no chart yet.';
    save(picture, 'png', now);
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

function save(content: Blob, ending: string, now: number): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = `senti-${time(now / 1000)
    .slice(0, 19)
    .replaceAll(':', '')}.${ending}`;
  link.click();
  // The browser reads the content after the click.
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

/** A chart of the picture, and what stands above it. */
interface Part {
  readonly chart: HTMLCanvasElement;
  readonly text: string;
  /** Of the topic; a chart of all topics has none. */
  readonly sign?: { readonly color: string; readonly dashes: readonly number[] };
}

function partsOf(topics: readonly Shown[]): Part[] {
  const textsIn = (element: Element, ...selectors: readonly string[]) =>
    selectors.map((selector) => element.querySelector(selector)?.textContent ?? '').join('  ');
  const canvasesIn = (element: Element) => [...element.querySelectorAll('canvas')];
  const compared = [...document.querySelectorAll('.comparison figure')].flatMap((figure) =>
    canvasesIn(figure).map((chart) => ({
      chart,
      text: textsIn(figure, 'figcaption b', 'figcaption span'),
    })),
  );
  const own = topics.flatMap(({ track, element }) =>
    canvasesIn(element).map((chart) => ({
      chart,
      text: `${track}   ${textsIn(element, '.number', '.mood', '.basis')}`,
      ...(topics.length > 1 && {
        sign: {
          color: getComputedStyle(element).getPropertyValue('--topic'),
          dashes: DASHES[Number(element.dataset.place)] ?? [],
        },
      }),
    })),
  );
  return [...compared, ...own];
}

/** The charts below each other, each under its name, and those of a topic also under its sign and its numbers. */
async function draw(topics: readonly Shown[], now: number): Promise<Blob | null> {
  const parts = partsOf(topics);
  if (parts.length === 0) return null;
  const unit = devicePixelRatio * 16;
  const head = unit * 2;
  const canvas = document.createElement('canvas');
  const pen = canvas.getContext('2d');
  if (!pen) return null;
  const { color, backgroundColor, fontFamily } = getComputedStyle(document.documentElement);
  const font = `600 ${unit}px ${fontFamily}`;
  pen.font = font;
  const widths = parts.map(({ chart, text, sign }) =>
    Math.max(chart.width, pen.measureText(text).width + (sign ? unit * 2 : 0)),
  );
  // A new size forgets the font.
  canvas.width = Math.max(...widths) + 2 * unit;
  canvas.height = parts.reduce((sum, { chart }) => sum + chart.height + head, unit * 3);
  pen.fillStyle = backgroundColor;
  pen.fillRect(0, 0, canvas.width, canvas.height);
  pen.fillStyle = color;
  pen.font = font;
  let top = unit;
  for (const { chart, text, sign } of parts) {
    if (sign) drawSign(pen, sign, unit, top + unit * 0.65);
    pen.fillText(text, sign ? unit * 3 : unit, top + unit);
    pen.drawImage(chart, unit, top + head);
    top += head + chart.height;
  }
  pen.font = `${unit * 0.75}px ${fontFamily}`;
  pen.fillText(`Senti, ${new Date(now).toLocaleString()}`, unit, top + unit);
  return new Promise((resolve) => canvas.toBlob(resolve));
}

function drawSign(
  pen: CanvasRenderingContext2D,
  { color, dashes }: NonNullable<Part['sign']>,
  left: number,
  y: number,
): void {
  pen.strokeStyle = color;
  pen.lineWidth = 3 * devicePixelRatio;
  pen.setLineDash(dashes.map((length) => length * devicePixelRatio));
  pen.beginPath();
  pen.moveTo(left, y);
  pen.lineTo(left + 24 * devicePixelRatio, y);
  pen.stroke();
}
