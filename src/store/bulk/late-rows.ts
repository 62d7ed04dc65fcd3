import fs from 'node:fs';
import { readWhole, writeWhole } from './spill.js';

/** Rows that are sorted at a time, and rows of each sorted run that are read at a time. */
const RUN_ROWS = 1 << 16;
const READ_ROWS = 1 << 9;

/** Rows in order of their ids, kept in the file, and read a piece at a time. */
interface Run {
  /** Where it begins in the file, octets, and its rows. */
  readonly start: number;
  readonly rows: number;
}

/**
 * Rows in any order, to be had in order of their ids, of each id the one that came last: sorted in memory run by run, and
 * merged. Takes memory for one run and a piece of each of the others, however many rows there are.
 */
export class LateRows {
  /** Rows that came. */
  size = 0;
  readonly #columns: number;
  readonly #path: string;
  readonly #runs: Run[] = [];
  /** Made with the first row. */
  #rows = new Float64Array(0);
  #count = 0;
  #fd: number | null = null;
  #written = 0;

  /** `columns`: of a row; the first one is its id. `path`: where the file goes when one is needed. */
  constructor(columns: number, path: string) {
    this.#columns = columns;
    this.#path = path;
  }

  add(values: Float64Array, at: number): void {
    const columns = this.#columns;
    if (this.#rows.length === 0) this.#rows = new Float64Array(RUN_ROWS * columns);
    else if (this.#count === RUN_ROWS) this.#writeRun();
    const to = this.#count * columns;
    for (let i = 0; i < columns; i++) this.#rows[to + i] = values[at + i]!;
    this.#count++;
    this.size++;
  }

  /** All rows; each array is valid until the next is asked for. */
  *inOrder(): Generator<Float64Array> {
    const columns = this.#columns;
    const heads = this.#runs.map((run) => new RunReader(this.#fd, run, columns));
    const last = this.#sorted();
    heads.push(new RunReader(null, { start: 0, rows: last.length / columns }, columns, last));
    const row = new Float64Array(columns);
    for (;;) {
      const head = lowest(heads);
      if (head === undefined) return;
      head.takeInto(row);
      // A later run, or nothing: this one was the last that came with its id.
      if (!heads.some((other) => other.id === row[0])) yield row;
    }
  }

  close(): void {
    if (this.#fd === null) return;
    fs.closeSync(this.#fd);
    this.#fd = null;
    fs.rmSync(this.#path, { force: true });
  }

  #writeRun(): void {
    const sorted = this.#sorted();
    this.#fd ??= openUnnamed(this.#path);
    writeWhole(this.#fd, new Uint8Array(sorted.buffer, sorted.byteOffset, sorted.byteLength), this.#written);
    this.#runs.push({
      start: this.#written,
      rows: sorted.length / this.#columns,
    });
    this.#written += sorted.byteLength;
    this.#count = 0;
  }

  /** The rows in memory in order of their ids, of each id the last one. */
  #sorted(): Float64Array<ArrayBuffer> {
    const columns = this.#columns;
    const rows = this.#rows;
    const order = new Uint32Array(this.#count).map((_, i) => i);
    order.sort((a, b) => rows[a * columns]! - rows[b * columns]! || a - b);
    const sorted = new Float64Array(this.#count * columns);
    let to = 0;
    order.forEach((row, i) => {
      const next = order[i + 1];
      if (next !== undefined && rows[next * columns] === rows[row * columns]) return;
      sorted.set(rows.subarray(row * columns, (row + 1) * columns), to);
      to += columns;
    });
    return sorted.subarray(0, to);
  }
}

/** The first of those whose next id is lowest: of one id the earliest run comes first. */
function lowest(heads: readonly RunReader[]): RunReader | undefined {
  let found: RunReader | undefined;
  for (const head of heads) if (head.id < (found?.id ?? Infinity)) found = head;
  return found;
}

/** Reads a run row by row. */
class RunReader {
  /** Id of the next row; Infinity: there is none. */
  id = Infinity;
  readonly #fd: number | null;
  readonly #columns: number;
  readonly #buffer: Float64Array;
  #start: number;
  #left: number;
  #at = 0;
  #end = 0;

  /** `fd`: null where `buffer` holds the whole run. */
  constructor(fd: number | null, run: Run, columns: number, buffer = new Float64Array(READ_ROWS * columns)) {
    this.#fd = fd;
    this.#columns = columns;
    this.#buffer = buffer;
    this.#start = run.start;
    this.#left = run.rows;
    if (fd === null) {
      this.#end = buffer.length;
      this.#left = 0;
    }
    this.#look();
  }

  takeInto(row: Float64Array): void {
    for (let i = 0; i < this.#columns; i++) row[i] = this.#buffer[this.#at + i]!;
    this.#at += this.#columns;
    this.#look();
  }

  #look(): void {
    if (this.#at === this.#end) this.#fill();
    this.id = this.#at === this.#end ? Infinity : this.#buffer[this.#at]!;
  }

  #fill(): void {
    if (this.#fd === null || this.#left === 0) return;
    const rows = Math.min(READ_ROWS, this.#left);
    const octets = new Uint8Array(this.#buffer.buffer, this.#buffer.byteOffset, rows * this.#columns * 8);
    readWhole(this.#fd, octets, this.#start);
    this.#start += octets.length;
    this.#left -= rows;
    this.#at = 0;
    this.#end = rows * this.#columns;
  }
}

/** A file that goes when it is closed, however the run ends. */
function openUnnamed(path: string): number {
  const fd = fs.openSync(path, 'w+');
  try {
    fs.unlinkSync(path);
  } catch {
    // Not while it is open, on this system: it goes when it is closed.
  }
  return fd;
}
