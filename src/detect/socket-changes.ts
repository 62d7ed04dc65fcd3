import { PackedChanges } from './packed-changes.js';

/** A key holds an address and a state. */
const STATES = 16;
const FIRST_SIZE = 16;

/** Keys and changes of one sample, by the same index. Key 0: empty. */
interface Table {
  readonly keys: Int32Array;
  readonly changes: Int32Array;
}

const NONE: Table = { keys: new Int32Array(0), changes: new Int32Array(0) };

/**
 * Tables that are in use no more, by size: a census makes and drops many, and what lies outside the JavaScript heap is
 * not missed there.
 */
export class TablePool {
  readonly #free = new Map<number, Table[]>();

  /** An empty table. */
  take(size: number): Table {
    // Filled, though all are zeros: a page that is read before it is written is brought into being twice.
    return this.#free.get(size)?.pop() ?? { keys: new Int32Array(size).fill(0), changes: new Int32Array(size).fill(0) };
  }

  giveBack(table: Table): void {
    table.keys.fill(0);
    table.changes.fill(0);
    const free = this.#free.get(table.keys.length);
    if (free === undefined) this.#free.set(table.keys.length, [table]);
    else free.push(table);
  }
}

/**
 * By how much the sockets of addresses change at one sample: an open-addressing hash of its own for each, small enough
 * to stay in the cache while connections of the same time are counted.
 */
export class SocketChanges {
  readonly #pool: TablePool;
  /** A key is address * 16 + state. Addresses begin at 1. */
  #table: Table;
  #size = 0;
  /** Instead of the table, for a sample that few changes will be added to: null while there are such. */
  #packed: PackedChanges | null = null;
  /** 0: none. */
  highestAddress = 0;

  constructor(pool: TablePool) {
    this.#pool = pool;
    this.#table = pool.take(FIRST_SIZE);
  }

  /** Lets go of the room for more. */
  pack(): void {
    if (this.#packed !== null) return;
    const { keys, changes } = this.#table;
    const changed = keys.filter((_, at) => changes[at] !== 0).sort();
    this.#packed = new PackedChanges(changed, (key) => changes[this.#find(key)]!);
    this.#pool.giveBack(this.#table);
    this.#table = NONE;
    this.#size = 0;
  }

  add(address: number, state: number, by: number): void {
    if (this.#packed !== null) this.#unpack(this.#packed);
    else if (this.#size * 2 >= this.#table.keys.length) this.#grow();
    if (address > this.highestAddress) this.highestAddress = address;
    this.#put(address * STATES + state, by);
  }

  each(on: (address: number, state: number, by: number) => void): void {
    if (this.#packed !== null) {
      this.#packed.each((key, by) => on(Math.floor(key / STATES), key % STATES, by));
      return;
    }
    const { keys, changes } = this.#table;
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at]!;
      if (changes[at] !== 0) on(Math.floor(key / STATES), key % STATES, changes[at]!);
    }
  }

  #put(key: number, by: number): void {
    const at = this.#find(key);
    if (this.#table.keys[at] === 0) {
      this.#table.keys[at] = key;
      this.#size++;
    }
    this.#table.changes[at]! += by;
  }

  /** Where the key is in the table, or would be. */
  #find(key: number): number {
    const { keys } = this.#table;
    const mask = keys.length - 1;
    const hash = Math.imul(key, 0x9e3779b1);
    let at = (hash ^ (hash >>> 15)) & mask;
    while (keys[at] !== 0 && keys[at] !== key) at = (at + 1) & mask;
    return at;
  }

  #unpack(packed: PackedChanges): void {
    let size = FIRST_SIZE;
    while (size <= 2 * packed.size) size *= 2;
    this.#table = this.#pool.take(size);
    packed.each((key, change) => this.#put(key, change));
    this.#packed = null;
  }

  #grow(): void {
    const before = this.#table;
    this.#table = this.#pool.take(2 * before.keys.length);
    this.#size = 0;
    for (let at = 0; at < before.keys.length; at++)
      if (before.keys[at] !== 0) this.#put(before.keys[at]!, before.changes[at]!);
    this.#pool.giveBack(before);
  }
}
