/** The ladder in text: time and frame, the client's state, the arrow, the server's state, and what is to be said of it. */
import type { Style } from '../color.js';
import { counted, printable, spokenBytes, wrapped } from '../plain.js';
import type { ExplainedConnection } from './explained-connection.js';
import type { LadderEvent, LadderFold, LadderSegment } from './ladder.js';

interface Layout {
  /** At least 70. */
  readonly width: number;
  readonly style: Style;
  readonly raw: boolean;
}

/** `HH:MM:SS.nnnnnnnnn` */
const CLOCK_WIDTH = 18;
const ELAPSED_WIDTH = 12;
const FRAME_WIDTH = 10;
/** SYN_RECEIVED and ESTABLISHED. */
const STATE_WIDTH = 12;
/** The arrow between both lifelines, these counted. */
const ARROW_WIDTHS = { least: 20, most: 40 } as const;
/** Narrower than this, notes stand below their arrow. */
const NOTE_WIDTH = 40;
/** From this width on, the time of day has a column; on narrower screens it stands below the arrow. */
const WIDE = 110;

export function ladderText(explained: ExplainedConnection, { width, style, raw }: Layout): string {
  return new LadderTable(explained, width, style, raw).text();
}

class LadderTable {
  readonly #explained: ExplainedConnection;
  readonly #style: Style;
  readonly #raw: boolean;
  readonly #wide: boolean;
  readonly #arrow: number;
  readonly #notes: number;
  readonly #left: number;
  #text = '';

  constructor(explained: ExplainedConnection, width: number, style: Style, raw: boolean) {
    this.#explained = explained;
    this.#style = style;
    this.#raw = raw;
    this.#wide = width >= WIDE;
    this.#left = (this.#wide ? CLOCK_WIDTH + 1 : 0) + ELAPSED_WIDTH + FRAME_WIDTH + 1;
    const room = width - this.#left - 2 * (STATE_WIDTH + 1);
    this.#arrow = Math.min(ARROW_WIDTHS.most, Math.max(ARROW_WIDTHS.least, room));
    this.#notes = room - this.#arrow - 2;
  }

  text(): string {
    this.#heading();
    for (const event of this.#explained.ladder) this.#event(event);
    return this.#text;
  }

  #heading(): void {
    const { bold } = this.#style;
    const clock = this.#wide ? `${'UTC'.padStart(CLOCK_WIDTH)} ` : '';
    const times = `${clock}${'seconds'.padStart(ELAPSED_WIDTH)}${'frame'.padStart(FRAME_WIDTH)} `;
    const line = `${times}${'client'.padStart(STATE_WIDTH)} ${' '.repeat(this.#arrow)} server`;
    this.#text += `${bold(line)}\n`;
  }

  #event(event: LadderEvent): void {
    if (event.kind === 'fold') {
      this.#row('', '', '', null, foldText(event, this.#arrow - 2), null, [
        `${spokenBytes(event.clientBytes)} from the client, ${spokenBytes(event.serverBytes)} from the server in all`,
      ]);
      return;
    }
    const { captures } = this.#explained;
    const frame =
      event.frame === null ? '' : `${captures.length > 1 ? `${event.captureId ?? '?'}:` : ''}${event.frame}`;
    const elapsed = event.atS === null ? '' : event.atS.toFixed(6);
    const middle =
      event.kind === 'segment' ? arrow(event, this.#arrow - 2, this.#raw) : centred(event.text, this.#arrow - 2, ' ');
    const of = event.kind === 'segment' && event.ofConnection !== null ? [`of connection ${event.ofConnection}`] : [];
    const { client, server } = event.states;
    this.#row(event.seen?.slice(11, 29) ?? '', elapsed, frame, client, middle, server, [...of, ...event.notes]);
  }

  #row(
    clock: string,
    elapsed: string,
    frame: string,
    client: string | null,
    middle: string,
    server: string | null,
    notes: readonly string[],
  ): void {
    const { dim } = this.#style;
    const left = this.#wide ? `${clock.padStart(CLOCK_WIDTH)} ` : '';
    const times = dim(`${left}${elapsed.padStart(ELAPSED_WIDTH)}`) + `${frame.padStart(FRAME_WIDTH)} `;
    const states = `${(client ?? '').padStart(STATE_WIDTH)} |${middle}|${server === null ? '' : ` ${server}`}`;
    const said = printable(notes.join('; '));
    if (this.#notes >= NOTE_WIDTH) {
      const lines = wrapped(said, this.#notes);
      const pad = ' '.repeat(STATE_WIDTH + 1 - (server === null ? -1 : server.length));
      this.#text += said === '' ? `${times}${states}\n` : `${times}${states}${pad} ${lines[0] ?? ''}\n`;
      const indent = ' '.repeat(this.#left + 2 * STATE_WIDTH + 3 + this.#arrow);
      for (const line of lines.slice(1)) this.#text += `${indent}${line}\n`;
      return;
    }
    this.#text += `${times}${states}\n`;
    const day = this.#wide ? '' : clock.slice(0, 15); // to the microsecond, as the elapsed time above it
    if (said === '' && day === '') return;
    const below = ELAPSED_WIDTH + 4; // the clock of narrow screens, and a space
    const indent = this.#wide ? this.#left : below;
    const room = this.#left + 2 * STATE_WIDTH + 2 + this.#arrow - indent;
    wrapped(said, room).forEach((line, i) => {
      const start = (i === 0 ? day : '').padEnd(indent);
      this.#text += `${`${dim(start)}${line}`.trimEnd()}\n`;
    });
  }
}

/** `---- SYN seq 0 ------->`; the head stands at the receiver. */
function arrow(segment: LadderSegment, width: number, raw: boolean): string {
  const seq = raw ? segment.seq : segment.relativeSeq;
  const len = segment.len === null || segment.len === 0 ? '' : ` len ${segment.len}`;
  const label = `${segment.flags}${seq === null ? '' : ` seq ${seq}`}${len}`;
  const shaft = centred(` ${label} `, width - 1, '-');
  return segment.from === 'client' ? `${shaft}>` : `<${shaft}`;
}

/** Segments that are not drawn; where there is no room for both numbers, the bytes stand in the note alone. */
function foldText(fold: LadderFold, width: number): string {
  const segments = counted(fold.segments, 'segment');
  const whole = `... ${segments}, ${spokenBytes(fold.clientBytes + fold.serverBytes)} ...`;
  return centred(whole.length <= width ? whole : `... ${segments} ...`, width, ' ');
}

function centred(text: string, width: number, filler: string): string {
  const left = Math.max(0, Math.floor((width - text.length) / 2));
  return `${filler.repeat(left)}${text}`.padEnd(width, filler);
}
