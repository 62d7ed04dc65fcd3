/** What tells the series of a chart apart: a colour, and a pattern, dash or shape for those who do not see it. */
import { markup, type Markup } from './markup.js';

/** One pattern for each of eight series, defined once a page; the first is solid. Their colours are in the style sheet. */
export function patternDefinitions(): Markup {
  const strokes = [
    '',
    'M-2 2l4-4M0 8l8-8M6 10l4-4',
    'M0 2h8M0 6h8',
    'M-2 6l4 4M0 0l8 8M6-2l4 4',
    'M2 0v8M6 0v8',
    'M0 0l8 8M0 8l8-8',
  ];
  const dots = markup`<circle cx="2" cy="2" r="1.3" /><circle cx="6" cy="6" r="1.3" />`;
  const marks = [
    null,
    markup`<path d="${strokes[1]}" />`,
    markup`<path d="${strokes[2]}" />`,
    dots,
    markup`<path d="${strokes[3]}" />`,
    markup`<path d="${strokes[4]}" />`,
    markup`<path d="${strokes[5]}" />`,
    markup`<circle cx="4" cy="4" r="2" />`,
  ];
  return markup`<svg class="definitions" width="0" height="0" aria-hidden="true"><defs>${marks.map(
    (mark, i) =>
      markup`<pattern id="p${i + 1}" class="pattern s${i + 1}${mark === null ? ' solid' : ''}" width="8" height="8" patternUnits="userSpaceOnUse"><rect width="8" height="8" />${mark}</pattern>`,
  )}</defs></svg>`;
}

export interface LegendEntry {
  readonly label: string;
  readonly swatch: Markup;
}

/** A small area in the pattern of series `n`, 1 and up. */
export function areaSwatch(n: number): Markup {
  return markup`<svg class="swatch s${n}" width="22" height="14" aria-hidden="true"><rect x="1" y="1" width="20" height="12" fill="url(#p${n})" class="area" /></svg>`;
}

const DASHES = ['', '7 3', '2 3', '10 3 2 3', '5 2 1 2 1 2', '14 4'];

/** `stroke-dasharray` of the line of series `n`. */
export function dashOf(n: number): string {
  return DASHES[(n - 1) % DASHES.length] ?? '';
}

/** A shape around a place: circle, square, cross, triangle, diamond, plus, in the order of series. Filled or open by CSS. */
export function shapeAt(n: number, x: number, y: number): string {
  const p = (dx: number, dy: number): string => `${round(x + dx)} ${round(y + dy)}`;
  switch ((n - 1) % 6) {
    case 0:
      return `M${p(-3.5, 0)}a3.5 3.5 0 1 0 7 0a3.5 3.5 0 1 0-7 0z`;
    case 1:
      return `M${p(-3.5, -3.5)}h7v7h-7z`;
    case 2:
      return `M${p(-3.5, -3.5)}l7 7M${p(-3.5, 3.5)}l7-7`;
    case 3:
      return `M${p(0, -4)}l4 7h-8z`;
    case 4:
      return `M${p(0, -4.5)}l4.5 4.5l-4.5 4.5l-4.5-4.5z`;
    default:
      return `M${p(-4, 0)}h8M${p(0, -4)}v8`;
  }
}

const round = (n: number): number => Math.round(n * 10) / 10;

export function shapeSwatch(n: number): Markup {
  return markup`<svg class="swatch s${n}" width="16" height="14" aria-hidden="true"><path d="${shapeAt(n, 8, 7)}" class="mark" /></svg>`;
}

export function lineSwatch(n: number): Markup {
  return markup`<svg class="swatch s${n}" width="34" height="14" aria-hidden="true"><path d="M1 7h32" class="line" stroke-dasharray="${dashOf(n)}" /><path d="${shapeAt(n, 17, 7)}" class="mark" /></svg>`;
}

export function legend(entries: readonly LegendEntry[]): Markup {
  return markup`<ul class="legend">${entries.map(({ label, swatch }) => markup`<li>${swatch}<span>${label}</span></li>`)}</ul>`;
}
