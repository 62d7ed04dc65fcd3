/** Horizontal bars, each of several parts, with its label above it: long addresses have room on narrow pages, too. */
import { fitted, grouped } from '../plain.js';
import { markup, type Markup } from './markup.js';
import type { Area } from './chart.js';

export interface Bar {
  readonly label: string;
  /** What stands at the right of the label. */
  readonly value: string;
  readonly parts: readonly BarPart[];
}

export interface BarPart {
  /** Series: its pattern and colour. */
  readonly series: number;
  readonly label: string;
  readonly count: number;
}

const ROW = 40;

export const barsHeight = (bars: number): number => bars * ROW + 4;

/** The longest bar is as wide as the drawing. */
export function drawBars(bars: readonly Bar[], { width }: Area): Markup {
  const most = Math.max(1, ...bars.map(({ parts }) => parts.reduce((sum, { count }) => sum + count, 0)));
  return markup`${bars.map(({ label, value, parts }, i) => {
    const y = i * ROW;
    let x = 0;
    const room = Math.floor((width - value.length * 7 - 12) / 7);
    return markup`<text x="0" y="${y + 14}" class="label">${fitted(label, room)}</text><text x="${width}" y="${y + 14}" text-anchor="end" class="value">${value}</text>${parts
      .filter(({ count }) => count > 0)
      .map((part) => {
        const wide = Math.max(1.5, (part.count / most) * (width - 2));
        const rect = markup`<rect x="${tenth(x + 1)}" y="${y + 19}" width="${tenth(wide)}" height="14" fill="url(#p${part.series})" class="area s${part.series}"><title>${label}: ${part.label} ${grouped(part.count)}</title></rect>`;
        x += wide;
        return rect;
      })}`;
  })}`;
}

const tenth = (n: number): number => Math.round(n * 10) / 10;
