/** Lines under labels, as many as fit one screen: what matters most stays, what matters least goes first. */
import type { Style } from './color.js';
import { wrapped } from './plain.js';

/** What an item is worth when the screen is short. All but the last two have a line in any case. */
export const Rank = {
  /** Never cut: it is to be copied. Where it is long it begins further left, or goes on after a backslash. */
  COMMAND: 0,
  /** The first to be shown whole. */
  GRAVEST: 1,
  HEADLINE: 2,
  /** The worst case of its kind. */
  WORST: 3,
  /** Has its first line wherever there is room for it, before anything else has more than one. */
  NEXT_GRAVEST: 4,
  /** Left out where there is no room for all of it. */
  MORE: 5,
} as const;
export type Rank = (typeof Rank)[keyof typeof Rank];

interface Item {
  readonly label: string;
  readonly rank: Rank;
  readonly lines: readonly string[];
  /** Columns that are left free before each line. */
  readonly indent: number;
  /** In place of the first line where there is room for no other. */
  readonly brief: string | undefined;
  readonly style: (text: string) => string;
  shown: number;
}

const LABEL_WIDTH = 14;
/** Ends what is cut; cut between words, so that no number looks like a smaller one. */
const MARK = ' ...';
/** Ends a line of a command that goes on. */
const CONTINUED = ' \\';

export class Screen {
  readonly #width: number;
  readonly #height: number;
  readonly #style: Style;
  readonly #items: Item[] = [];

  constructor(width: number, height: number, style: Style) {
    this.#width = width;
    this.#height = height;
    this.#style = style;
  }

  /**
   * `label` stands at the left of the first line; it is empty for what goes on under the label before. `briefs` say the
   * same in fewer words, the fullest first: where there is one line only, the first that fits it, or the begin of the last.
   */
  add(
    label: string,
    rank: Rank,
    text: string,
    style: (text: string) => string = (same) => same,
    briefs: readonly string[] = [],
  ): void {
    const width = this.#width - LABEL_WIDTH;
    const lines = rank === Rank.COMMAND ? commandLines(text, this.#width) : wrapped(text, width);
    const longest = Math.max(...lines.map((line) => line.length));
    const indent = rank === Rank.COMMAND ? Math.max(0, Math.min(LABEL_WIDTH, this.#width - longest)) : LABEL_WIDTH;
    const brief = briefs.find((words) => words.length <= width) ?? briefs.at(-1);
    const shown = rank === Rank.COMMAND ? lines.length : rank >= Rank.NEXT_GRAVEST ? 0 : 1;
    this.#items.push({ label, rank, lines, indent, brief, style, shown });
  }

  text(): string {
    for (const item of this.#items) if (item.rank === Rank.NEXT_GRAVEST && this.#room() > 0) item.shown = 1;
    for (const rank of [Rank.GRAVEST, Rank.HEADLINE, Rank.WORST, Rank.NEXT_GRAVEST, Rank.MORE]) this.#spread(rank);
    return this.#items.flatMap((item) => this.#linesOf(item).map((line) => `${line}\n`)).join('');
  }

  /** Shows items of one rank whole as long as there is room; of the gravest, as much as there is room for. */
  #spread(rank: Rank): void {
    let room = this.#room();
    for (const item of this.#items) {
      if (item.rank !== rank) continue;
      const wanted = item.lines.length - item.shown;
      const given = rank === Rank.GRAVEST ? Math.min(wanted, room) : wanted;
      if (given > room) continue;
      item.shown += given;
      room -= given;
    }
  }

  /** Lines that are free. */
  #room(): number {
    return this.#height - this.#items.reduce((sum, item) => sum + item.shown, 0);
  }

  #linesOf({ label, lines, indent, brief, shown, style }: Item): string[] {
    const width = this.#width - LABEL_WIDTH;
    return lines.slice(0, shown).map((line, i) => {
      const isCut = i === shown - 1 && shown < lines.length;
      const words = isCut && shown === 1 && brief !== undefined ? brief : line;
      const isWhole = !isCut || (words === brief && words.length <= width);
      const text = isWhole ? words : `${wrapped(words, width - MARK.length)[0] ?? ''}${MARK}`;
      return this.#style.bold((i === 0 ? label : '').padEnd(indent)) + style(text);
    });
  }
}

/** Words as a shell takes them, an option with its value. */
const SHELL_WORD = /(?:--\S+ )?(?:'[^']*'|\\.|[^\s'])+/g;

/** A command on one line, or on several that a shell takes for one. A word that is too long is not broken. */
function commandLines(text: string, width: number): string[] {
  const lines: string[] = [];
  if (text.length <= width) return [text];
  for (const word of text.match(SHELL_WORD) ?? []) {
    const last = lines.pop();
    const longer = last === undefined ? word : `${last} ${word}`;
    if (last === undefined || longer.length + CONTINUED.length <= width) lines.push(longer);
    else lines.push(`${last}${CONTINUED}`, `  ${word}`);
  }
  return lines;
}
