/** What all charts have in common: a question, an answer in words, a drawing for wide and one for narrow pages, axes. */
import { markup, type Content, type Markup } from './markup.js';
import type { Scale } from './scale.js';

export interface Chart {
  /** For links to it. */
  readonly id: string;
  readonly question: string;
  /** What the drawing shows, in one or two sentences: also what a screen reader says in its place. */
  readonly answer: string;
  readonly height: (narrow: boolean) => number;
  /** Draws on `width` by `height` px; text is 12 px high. */
  readonly draw: (area: Area) => Content;
  readonly legend?: Markup;
  readonly note?: Content;
}

export interface Area {
  readonly width: number;
  readonly height: number;
  readonly narrow: boolean;
}

const WIDE = 860;
const NARROW = 344;

/** Both drawings are in the page, the style sheet shows one: text keeps its size, and nothing needs a script. */
export function chartFigure(chart: Chart): Markup {
  const drawing = (narrow: boolean): Markup => {
    const area = { width: narrow ? NARROW : WIDE, height: chart.height(narrow), narrow };
    return markup`<svg class="${narrow ? 'narrow' : 'wide'}" viewBox="0 0 ${area.width} ${area.height}" role="img" aria-label="${chart.question} ${chart.answer}">${chart.draw(area)}</svg>`;
  };
  return markup`<figure class="chart" id="${chart.id}">
<figcaption><h3>${chart.question}</h3><p>${chart.answer}</p></figcaption>
${drawing(false)}${drawing(true)}${chart.legend}${chart.note === undefined ? null : markup`<p class="note">${chart.note}</p>`}
</figure>
`;
}

/** Where the plot itself lies inside a drawing, px. */
export interface Plot {
  readonly left: number;
  readonly right: number;
  readonly top: number;
  readonly bottom: number;
}

/** Lines across the plot at the ticks of `y`, labels at the left. */
export function yAxis(plot: Plot, y: Scale, title?: string): Markup {
  return markup`<g class="axis">${y.ticks.map(({ value, label }) => {
    const at = y.at(value);
    return markup`<path class="grid" d="M${plot.left} ${at}H${plot.right}" /><text x="${plot.left - 6}" y="${at + 4}" text-anchor="end">${label}</text>`;
  })}${title === undefined ? null : markup`<text class="title" x="${plot.left}" y="${plot.top - 8}">${title}</text>`}</g>`;
}

/** A line under the plot with its ticks; labels that would touch the one before are left out. */
export function xAxis(plot: Plot, x: Scale, title?: string, grid = false): Markup {
  let free = -Infinity;
  const labels = x.ticks.map(({ value, label }) => {
    const at = x.at(value);
    const half = (label.length * 6.6) / 2;
    const inside = Math.min(plot.right + 6 - half, Math.max(half, at));
    const shown = inside - half > free;
    if (shown) free = inside + half + 8;
    return markup`${grid ? markup`<path class="grid" d="M${at} ${plot.top}V${plot.bottom}" />` : null}<path class="tick" d="M${at} ${plot.bottom}v4" />${shown ? markup`<text x="${inside}" y="${plot.bottom + 17}" text-anchor="middle">${label}</text>` : null}`;
  });
  return markup`<g class="axis"><path class="base" d="M${plot.left} ${plot.bottom}H${plot.right}" />${labels}${
    title === undefined
      ? null
      : markup`<text class="title" x="${plot.right}" y="${plot.bottom + 34}" text-anchor="end">${title}</text>`
  }</g>`;
}
