import type { FillingMemory } from '../segment/filling-memory.js';

/** What the system gives at a time, octets. Where it gives more, some accesses are in vain. */
const PAGE_LEN = 4096;
/** How far ahead pages are brought into being, octets: twice what is taken for half a ring of first segments. */
const AHEAD_LEN = 2 ** 20;
/** Pages of one call, after which the reader looks whether there is room: some 50 us where they come cheap. */
const PAGES_A_CALL = 32;

/**
 * Brings the pages of memories into being before their records are taken. The first access to a page stops a thread until
 * the system has cleared it, and in a virtual machine until the host has found it, too; better one that has to wait anyway.
 */
export class PagesAhead {
  readonly #fronts: readonly Front[];

  constructor(memories: readonly FillingMemory[]) {
    this.#fronts = memories.map((memory) => new Front(memory));
  }

  /** Brings a few pages; false: there are none to bring now. */
  bring(): boolean {
    let any = false;
    for (const front of this.#fronts) any = front.advance() || any;
    return any;
  }
}

/** How far one memory has been brought into being. */
class Front {
  readonly #filling: FillingMemory;
  #words: Int32Array;
  /** The first octet of the next page. */
  #next = 0;

  constructor(filling: FillingMemory) {
    this.#filling = filling;
    this.#words = new Int32Array(filling.memory.buffer);
  }

  advance(): boolean {
    const { memory, takenAt, recordLen } = this.#filling;
    const filled = Atomics.load(this.#words, takenAt) * recordLen;
    if (filled < AHEAD_LEN) return false; // little is taken from it, and may never be more
    const end = filled + AHEAD_LEN;
    if (this.#next < filled) this.#next = Math.ceil(filled / PAGE_LEN) * PAGE_LEN;
    if (end > this.#words.byteLength) this.#words = new Int32Array(memory.buffer); // it may have grown
    const last = Math.min(end, this.#words.byteLength, this.#next + PAGES_A_CALL * PAGE_LEN);
    if (this.#next >= last) return false;
    // Zero for zero: it writes, as only that gives the page a place of its own, and changes nothing, whatever is there now.
    for (; this.#next < last; this.#next += PAGE_LEN) Atomics.compareExchange(this.#words, this.#next / 4, 0, 0);
    return true;
  }
}
