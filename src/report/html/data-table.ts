/** Tables that sort by any column and filter by any text; without a script they are plain tables. */
import { grouped } from '../plain.js';
import { markup, type Content, type Markup } from './markup.js';
import { PRINTED_ROWS } from './style.js';

export interface Column<Row> {
  readonly title: string;
  /** Numbers stand at the right and sort by value. */
  readonly numeric?: boolean;
  /** Its numbers are names, to be copied: digits are not grouped. */
  readonly names?: boolean;
  readonly cell: (row: Row) => Content;
  /** What to sort by where the cell's own text or number will not do. */
  readonly sort?: (row: Row) => string | number | null;
  /** Long text: wraps, and has room. */
  readonly wide?: boolean;
}

export interface DataTable<Row> {
  readonly id: string;
  readonly caption: string;
  readonly columns: readonly Column<Row>[];
  readonly rows: readonly Row[];
  /** Rows that there are in the database. */
  readonly total: number;
  /** The command that prints all of them. */
  readonly command: string;
}

export function dataTable<Row>(table: DataTable<Row>): Markup {
  const { id, caption, columns, rows, total, command } = table;
  const shown =
    rows.length < total
      ? markup`The first ${grouped(rows.length)} of ${grouped(total)}; all of them: <code>${command}</code>`
      : markup`${grouped(rows.length)} ${rows.length === 1 ? 'row' : 'rows'}; in the terminal: <code>${command}</code>`;
  return markup`<section class="table" id="${id}">
<h3>${caption}</h3>
<p class="note">${shown}${rows.length > PRINTED_ROWS ? markup`<span class="printed">On paper, the first ${PRINTED_ROWS}.</span>` : null}</p>
<p class="filter"><label>Filter <input type="search" data-filter="${id}-rows" autocomplete="off" spellcheck="false"></label> <output aria-live="polite"></output></p>
<div class="scroll" role="region" aria-label="${caption}" tabindex="0">
<table id="${id}-rows"><thead><tr>${columns.map(
    ({ title, numeric, wide }) =>
      markup`<th scope="col"${classes(numeric, wide)}><span data-sort="${numeric === true ? 'number' : 'text'}">${title}</span></th>`,
  )}</tr></thead><tbody>
${rows.map((row) => markup`<tr>${columns.map((column) => cell(column, row))}</tr>\n`)}</tbody></table>
</div>
</section>
`;
}

function cell<Row>(column: Column<Row>, row: Row): Markup {
  const content = column.cell(row);
  const plain = typeof content === 'number' && column.sort === undefined;
  const value = plain ? content : column.sort?.(row);
  const key = value === null || value === undefined ? null : markup` data-v="${value}"`;
  return markup`<td${classes(column.numeric, column.wide)}${key}>${typeof content === 'number' && column.names !== true ? grouped(content) : content}</td>`;
}

function classes(numeric = false, wide = false): Markup | null {
  return numeric ? markup` class="n"` : wide ? markup` class="w"` : null;
}
