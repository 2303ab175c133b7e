// The sign of a topic: a colour and a dash pattern, the same wherever the page shows it beside others. The style sheet has
// the colours. Dashes tell the topics apart where colours do not.

/** The lengths of dashes and gaps, by the place of the topic. */
export const DASHES: readonly (readonly number[])[] = [[], [8, 4], [2, 3], [10, 3, 2, 3]];

/** The first place that is not taken. */
export function freePlace(taken: readonly number[]): number {
  const free = DASHES.findIndex((_, place) => !taken.includes(place));
  return Math.max(free, 0);
}

/** A short line as the topic has it in a chart. */
export function createSign(place: number): SVGSVGElement {
  const svg = createSvg('svg', { class: 'sign', viewBox: '0 0 24 8', 'aria-hidden': 'true' });
  const dashes = DASHES[place] ?? [];
  svg.append(createSvg('path', { d: 'M0 4h24', 'stroke-dasharray': dashes.join(' ') || 'none' }));
  svg.dataset.place = String(place);
  return svg;
}

function createSvg<K extends keyof SVGElementTagNameMap>(
  name: K,
  attributes: Readonly<Record<string, string>>,
): SVGElementTagNameMap[K] {
  const element = document.createElementNS('http://www.w3.org/2000/svg', name);
  for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, value);
  return element;
}
