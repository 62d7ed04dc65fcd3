/** How did this connection end? Both ends, their states, and the segments between them. */
import type { ExplainedConnection } from '../ladder/explained-connection.js';
import type { LadderEvent, LadderFold, LadderSegment } from '../ladder/ladder.js';
import { ladderText } from '../ladder/ladder-text.js';
import { extractCommand, ladderFilter } from '../ladder/look-up.js';
import { plainStyle } from '../color.js';
import { counted, endpoint, shellWord, spokenBytes, wrapped } from '../plain.js';
import { chartFigure } from './chart.js';
import { copyable } from './copyable.js';
import { markup, type Markup } from './markup.js';
import { baseName } from './words.js';

export interface LadderCase {
  readonly explained: ExplainedConnection;
  /** The finding that it is drawn for. */
  readonly summary: string;
  readonly database: string;
  /** The database is of several captures: frames need the name of theirs. */
  readonly severalCaptures: boolean;
}

interface Layout {
  readonly width: number;
  /** The two lifelines, px. */
  readonly client: number;
  readonly server: number;
  /** Where notes begin, and how many characters of them fit a line. */
  readonly notes: number;
  readonly noteLetters: number;
  readonly narrow: boolean;
}

const WIDE = { client: 250, server: 548, notes: 660, noteLetters: 31 };
const NARROW = { client: 84, server: 252, notes: 6, noteLetters: 50 };
const HEAD = 40;
const LINE = 15;

export function ladderFigure({ explained, summary, database, severalCaptures }: LadderCase): Markup {
  const { connection: c, ladder, captures } = explained;
  const show = `tcpclose show ${shellWord(database)} ${c.id}`;
  const extract = extractCommand(explained, database);
  const files = captures.map(({ path }) => baseName(path)).join(' and ');
  const rows = (narrow: boolean): Row[] => rowsOf(ladder, captures.length > 1, narrow);
  return chartFigure({
    id: `connection-${c.id}`,
    question: `How did connection ${c.id} end?`,
    answer: summary,
    height: (narrow) => HEAD + rows(narrow).reduce((sum, { height }) => sum + height, 0) + 6,
    draw: ({ width, height, narrow }) => {
      const layout = { width, narrow, ...(narrow ? NARROW : WIDE) };
      let y = HEAD;
      const drawn = rows(narrow).map((row) => {
        const at = y;
        y += row.height;
        return drawRow(row, at, layout);
      });
      return [heading(explained, layout, height), drawn];
    },
    note: markup`${severalCaptures ? `Frames are those of ${files}. ` : null}Made of what the database holds, which counts the folded segments. ${copyable('Wireshark filter', ladderFilter(explained))}${copyable('Command', show)}${extract === null ? null : copyable('All its packets', extract)}<details><summary>The same as text</summary><pre>${ladderText(
      explained,
      { width: 100, style: plainStyle, raw: false },
    )
      .split('\n')
      .map((line) => markup`${line}\n`)}</pre></details>`,
  });
}

function heading(
  { connection: c }: ExplainedConnection,
  { client, server, narrow, width }: Layout,
  height: number,
): Markup {
  const [a, b] = [endpoint(c.clientIp, c.clientPort), endpoint(c.serverIp, c.serverPort)];
  // on narrow pages both addresses may be longer than half the width
  const names = narrow
    ? markup`<text x="0" y="12" class="label">client ${a}</text><text x="${width}" y="27" text-anchor="end" class="label">server ${b}</text>`
    : markup`<text x="${client}" y="14" text-anchor="middle" class="label">client ${a}</text><text x="${server}" y="14" text-anchor="middle" class="label">server ${b}</text>`;
  return markup`${names}<path class="life" d="M${client} ${HEAD - 8}V${height - 4}M${server} ${HEAD - 8}V${height - 4}" />`;
}

interface Row {
  readonly event: LadderEvent;
  readonly place: string;
  readonly notes: readonly string[];
  readonly height: number;
}

function rowsOf(events: readonly LadderEvent[], severalCaptures: boolean, narrow: boolean): Row[] {
  const letters = (narrow ? NARROW : WIDE).noteLetters;
  return events.map((event) => {
    const said = event.kind === 'fold' ? [] : notesOf(event);
    const notes = said.length === 0 ? [] : wrapped(said.join('; '), letters);
    const height = narrow ? 46 + notes.length * LINE : Math.max(38, 12 + notes.length * LINE);
    return { event, place: placeOf(event, severalCaptures), notes, height };
  });
}

function notesOf(event: Exclude<LadderEvent, LadderFold>): string[] {
  const of = event.kind === 'segment' && event.ofConnection !== null ? [`of connection ${event.ofConnection}`] : [];
  return [...of, ...event.notes];
}

function placeOf(event: LadderEvent, severalCaptures: boolean): string {
  if (event.kind === 'fold') return '';
  if (event.frame === null) return '';
  return severalCaptures ? `capture ${event.captureId ?? '?'} frame ${event.frame}` : `frame ${event.frame}`;
}

function drawRow({ event, place, notes }: Row, top: number, layout: Layout): Markup {
  const { client, server, narrow } = layout;
  const middle = (client + server) / 2;
  const line = top + 22;
  const time = event.kind === 'fold' || event.atS === null ? '' : `${event.atS.toFixed(6)} s`;
  const where = narrow
    ? markup`<text class="where" x="${middle}" y="${line + 15}" text-anchor="middle">${[place, time].filter((text) => text !== '').join(', ')}</text>`
    : markup`<text class="where" x="0" y="${place === '' ? line + 4 : line - 3}">${place === '' ? time : place}</text><text class="where" x="0" y="${line + 11}">${place === '' ? '' : time}</text>`;
  // one line stands beside the states, several begin above them
  const noteTop = narrow ? line + 31 : notes.length === 1 ? line + 4 : top + 18;
  const said = notes.map(
    (text, i) => markup`<text class="said" x="${layout.notes}" y="${noteTop + i * LINE}">${text}</text>`,
  );
  return markup`<g class="step">${drawing(event, line, middle, layout)}${event.kind === 'fold' ? null : states(event, line, layout)}${where}${said}</g>`;
}

function drawing(event: LadderEvent, line: number, middle: number, { client, server, narrow }: Layout): Markup {
  if (event.kind === 'segment') {
    const [from, to] = event.from === 'client' ? [client, server] : [server, client];
    const head = to > from ? -9 : 9;
    const reset = event.flags.includes('RST');
    return markup`<text x="${middle}" y="${line - 6}" text-anchor="middle" class="flags">${segmentLabel(event)}</text><path class="arrow ${reset ? 's2' : 's1'}"${reset ? markup` stroke-dasharray="6 3"` : null} d="M${from} ${line}H${to}" /><path class="head ${reset ? 's2' : 's1'}" d="M${to} ${line}l${head} -4.5v9z" />`;
  }
  const text = event.kind === 'fold' ? foldLabel(event, narrow) : event.text;
  return markup`<text x="${middle}" y="${line + 1}" text-anchor="middle" class="${event.kind}">${text}</text>`;
}

function segmentLabel({ flags, relativeSeq, len }: LadderSegment): string {
  const seq = relativeSeq === null ? '' : ` seq ${relativeSeq}`;
  return `${flags}${seq}${len === null || len === 0 ? '' : ` len ${len}`}`;
}

function foldLabel({ segments, clientBytes, serverBytes }: LadderFold, narrow: boolean): string {
  const bytes = spokenBytes(clientBytes + serverBytes);
  return narrow ? `⋮ ${counted(segments, 'segment')} ⋮` : `⋮ ${counted(segments, 'segment')}, ${bytes} ⋮`;
}

/** Beside their lifelines: at the left the client's, at the right the server's. */
function states(
  { states: { client, server } }: Exclude<LadderEvent, LadderFold>,
  line: number,
  layout: Layout,
): Markup {
  return markup`${client === null ? null : markup`<text class="state" x="${layout.client - 6}" y="${line + 4}" text-anchor="end">${client}</text>`}${
    server === null ? null : markup`<text class="state" x="${layout.server + 6}" y="${line + 4}">${server}</text>`
  }`;
}
