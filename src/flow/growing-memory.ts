import { TcpcloseError } from '../errors.js';
import type { FillingMemory } from '../segment/filling-memory.js';

/** Unit of growth, octets. */
export const PAGE = 65536;
/** A block grows by at least this many pages (4 MiB), and has at most so many (4 GiB: what WebAssembly can address). */
export const GROW_PAGES = 64;
export const MAX_PAGES = 65536;

/** A block of zeroed memory that grows. After `grow`, `buffer` is another object; what was written is in it. */
export interface GrowingMemory {
  readonly buffer: SharedArrayBuffer;
  /** Adds pages. @throws RangeError where there is no more memory. */
  grow(pages: number): unknown;
}

/**
 * A WebAssembly memory: the short way works in it, and it is the one buffer in JavaScript that grows in place, where copying
 * 100 MB into a larger one would cost as much as tracking a million segments. Shared, for growing any other detaches its
 * old buffer, and V8 then checks for that at every access from there on. Where the system does not give it the address
 * space (`ulimit -v`), a plain buffer that is copied when it grows, in which all segments go the long way. It begins with
 * `pages`.
 */
export function growingMemory(pages = GROW_PAGES): GrowingMemory {
  try {
    return new WebAssembly.Memory({ initial: pages, maximum: MAX_PAGES, shared: true });
  } catch {
    return new CopiedMemory(pages);
  }
}

/** How far the memory is filled, for another thread to see; null where it is none of WebAssembly's. Units as there. */
export function fillingOf(memory: GrowingMemory, takenAt: number, recordLen: number): FillingMemory | null {
  return memory instanceof WebAssembly.Memory ? { memory, takenAt, recordLen } : null;
}

/** Adds that many pages, or as many as there still may be. @throws TcpcloseError where there is no more memory. */
export function growOrRefuse(memory: GrowingMemory, pages: number, connections: number): void {
  const more = Math.min(MAX_PAGES - memory.buffer.byteLength / PAGE, pages);
  if (more <= 0) throw tooMany(connections);
  try {
    memory.grow(more);
  } catch {
    throw tooMany(connections);
  }
}

function tooMany(connections: number): TcpcloseError {
  return new TcpcloseError(
    'too-many-connections',
    `more than ${connections} connections have to be remembered at once, and there is no more memory for them. Cut the ` +
      'capture into parts (editcap -i SECONDS), and analyse each by itself or add it with --append.',
  );
}

const EMPTY_PAGE = new Uint8Array(PAGE);

class CopiedMemory implements GrowingMemory {
  buffer: SharedArrayBuffer;

  constructor(pages: number) {
    this.buffer = new SharedArrayBuffer(pages * PAGE);
  }

  grow(pages: number): void {
    const old = this.buffer;
    this.buffer = new SharedArrayBuffer(old.byteLength + pages * PAGE);
    for (let at = 0; at < old.byteLength; at += PAGE) {
      const page = Buffer.from(old, at, PAGE);
      if (!page.equals(EMPTY_PAGE)) page.copy(Buffer.from(this.buffer, at, PAGE)); // what is not touched takes no memory
    }
  }
}
