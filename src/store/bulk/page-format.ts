/** SQLite's pages. https://www.sqlite.org/fileformat2.html */

/** Section 1.6: pages of a b-tree. */
export const enum Page {
  SIZE = 4096,
  TYPE = 0,
  CELLS = 3,
  CONTENT = 5,
  /** Interior pages only. */
  LAST_CHILD = 8,
  LEAF_HEADER = 8,
  INTERIOR_HEADER = 12,
}
export const enum PageType {
  INTERIOR = 5,
  LEAF = 13,
}
/** Section 1.3: the database header, on page 1. */
export const enum DatabaseHeader {
  PAGE_SIZE = 16,
  RESERVED = 20,
  CHANGES = 24,
  PAGES = 28,
  VALID_FOR = 92,
  LEN = 100,
}

export function putUint16(to: Uint8Array, at: number, value: number): void {
  to[at] = value >>> 8;
  to[at + 1] = value;
}

export function putUint32(to: Uint8Array, at: number, value: number): void {
  putUint16(to, at, value >>> 16);
  putUint16(to, at + 2, value & 0xffff);
}
