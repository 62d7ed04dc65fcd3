/** The leaves of a table and a database become one file. */
import fs from 'node:fs';
import { DatabaseHeader, Page, PageType, putUint16, putUint32 } from './page-format.js';
import { putVarint, varintLen } from './record-format.js';
import type { LeafPages } from './leaf-pages.js';
import { readWhole, writeWhole } from './spill.js';

/** SQLite leaves the page alone that holds octet 2^30 of the file (its file format, 1.2). Pages are numbered from 1. */
const LOCK_PAGE = 2 ** 30 / Page.SIZE + 1;
const PAGES_AT_A_TIME = 256;

/** A page of the tree and the highest rowid below it. */
interface Child {
  readonly page: number;
  readonly highest: number;
}

/**
 * Puts a table into the database at `path`, which nobody has open, where it stands empty with its root on page `root`.
 *
 * Where the leaves are most of the file they stay where they are, and the database moves in with them: the 65 MB of half a
 * million rows need not be written twice.
 * @throws where the file is not what SQLite left there
 */
export function attachTree(path: string, root: number, leaves: LeafPages): void {
  const { highest } = leaves;
  if (highest.length === 0) return;
  const database = fs.openSync(path, 'r+');
  let host: number | null = null;
  try {
    const header = readHeader(database);
    const pages = header.getUint32(DatabaseHeader.PAGES);
    if (highest.length > 2 * pages && highest.length + pages < LOCK_PAGE) host = leaves.file.release();
    const end = host === null ? appendTree(database, pages, root, leaves) : moveIn(database, pages, host, root, leaves);
    endHeader(host ?? database, header, end);
  } finally {
    fs.closeSync(database);
    if (host !== null) fs.closeSync(host);
  }
  if (host === null) return;
  // Where a file takes another's place, a journaling file system writes it down at once, and the caller would wait.
  fs.rmSync(path);
  fs.renameSync(leaves.file.path, path);
}

/** Writes the tree after the `pages` of the database. Returns the pages that it has then. */
function appendTree(database: number, pages: number, root: number, leaves: LeafPages): number {
  if (leaves.highest.length === 1) {
    for (const leaf of leaves.file.pieces()) writePages(database, root, leaf);
    return pages;
  }
  const end = new FileEnd(database, pages);
  const places: number[] = [];
  for (const piece of leaves.file.pieces()) end.append(piece, places);
  return end.appendInterior(root, places, leaves);
}

/** Writes the `pages` of the database into the file `host`, where the leaves are: those in their way go to its end. */
function moveIn(database: number, pages: number, host: number, root: number, leaves: LeafPages): number {
  const many = leaves.highest.length;
  const end = new FileEnd(host, many);
  const places: number[] = [];
  const buffer = new Uint8Array(PAGES_AT_A_TIME * Page.SIZE);
  for (let page = 1; page <= pages; page += PAGES_AT_A_TIME) {
    const some = buffer.subarray(0, Math.min(PAGES_AT_A_TIME, pages + 1 - page) * Page.SIZE);
    readPages(host, page, some);
    end.append(some, places);
    readPages(database, page, some);
    writePages(host, page, some);
  }
  for (let page = pages + 1; page <= many; page++) places.push(page);
  return end.appendInterior(root, places, leaves);
}

/** Pages written one after another at the end of a file. */
class FileEnd {
  readonly #fd: number;
  #last: number;

  /** `pages`: that the file has. */
  constructor(fd: number, pages: number) {
    this.#fd = fd;
    this.#last = pages;
  }

  /** Adds the number of each page to `places`. */
  append(pages: Uint8Array, places: number[]): void {
    for (let at = 0; at < pages.length;) {
      const first = this.#last + 1 === LOCK_PAGE ? LOCK_PAGE + 1 : this.#last + 1;
      const room = first < LOCK_PAGE ? LOCK_PAGE - first : Infinity;
      const some = pages.subarray(at, at + Math.min(room * Page.SIZE, pages.length));
      writePages(this.#fd, first, some);
      at += some.length;
      this.#last = first - 1 + some.length / Page.SIZE;
      for (let page = first; page <= this.#last; page++) places.push(page);
    }
  }

  /**
   * Writes the pages above two leaves or more, the topmost to page `root`. `pages`: the page on which the leaf is that was at
   * a place of `leaves`. Returns the number of the last page.
   */
  appendInterior(root: number, pages: readonly number[], leaves: LeafPages): number {
    let children: Child[] = leaves.highest.map((highest, i) => ({ page: pages[leaves.places[i]!]!, highest }));
    for (;;) {
      const groups = shareOut(children);
      if (groups.length === 1) {
        writePages(this.#fd, root, interiorPage(children));
        return this.#last;
      }
      const parents: number[] = [];
      for (const group of groups) this.append(interiorPage(group), parents);
      children = groups.map((group, i) => ({ page: parents[i]!, highest: group.at(-1)!.highest }));
    }
  }
}

/** Octets that a cell of an interior page takes: the child's number, its highest rowid, and the pointer to the cell. */
function interiorCellLen(child: Child): number {
  return 4 + varintLen(child.highest) + 2;
}

/** Groups that fit a page each, of nearly the same size, so that none is left with a single child. */
function shareOut(children: readonly Child[]): Child[][] {
  const longest = interiorCellLen(children.at(-1)!);
  const fit = Math.floor((Page.SIZE - Page.INTERIOR_HEADER) / longest) + 1; // the last child needs no cell
  const groups = Math.ceil(children.length / fit);
  return Array.from({ length: groups }, (_, i) =>
    children.slice(Math.floor((i * children.length) / groups), Math.floor(((i + 1) * children.length) / groups)),
  );
}

function interiorPage(children: readonly Child[]): Uint8Array {
  const page = new Uint8Array(Page.SIZE);
  let content: number = Page.SIZE;
  children.slice(0, -1).forEach((child, i) => {
    content -= interiorCellLen(child) - 2;
    putUint32(page, content, child.page);
    putVarint(page, content + 4, child.highest);
    putUint16(page, Page.INTERIOR_HEADER + 2 * i, content);
  });
  page[Page.TYPE] = PageType.INTERIOR;
  putUint16(page, Page.CELLS, children.length - 1);
  putUint16(page, Page.CONTENT, content);
  putUint32(page, Page.LAST_CHILD, children.at(-1)!.page);
  return page;
}

function readHeader(database: number): DataView {
  const octets = new Uint8Array(DatabaseHeader.LEN);
  readWhole(database, octets, 0);
  const header = new DataView(octets.buffer);
  if (header.getUint16(DatabaseHeader.PAGE_SIZE) !== Page.SIZE || header.getUint8(DatabaseHeader.RESERVED) !== 0)
    throw new Error('the database has pages of another size');
  return header;
}

function endHeader(fd: number, header: DataView, pages: number): void {
  const changes = header.getUint32(DatabaseHeader.CHANGES) + 1;
  header.setUint32(DatabaseHeader.CHANGES, changes);
  header.setUint32(DatabaseHeader.VALID_FOR, changes);
  header.setUint32(DatabaseHeader.PAGES, pages);
  writeWhole(fd, new Uint8Array(header.buffer), 0);
}

function readPages(fd: number, first: number, into: Uint8Array): void {
  readWhole(fd, into, (first - 1) * Page.SIZE);
}

function writePages(fd: number, first: number, pages: Uint8Array): void {
  writeWhole(fd, pages, (first - 1) * Page.SIZE);
}
