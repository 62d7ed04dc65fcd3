import { PackedChanges } from './packed-changes.js';
import { sumByKey } from './sum-by-key.js';

/** A key holds an address and a state. */
const STATES = 16;
/** Pairs that a list has room for when the first comes. */
const FIRST_SIZE = 256;
const NONE = new Int32Array(0);

/**
 * Lists that are in use no more, by length: a census makes and drops many, and what lies outside the JavaScript heap is
 * not missed there.
 */
export class ListPool {
  readonly #free = new Map<number, Int32Array[]>();

  /** One with anything in it. */
  take(length: number): Int32Array {
    return this.#free.get(length)?.pop() ?? new Int32Array(length);
  }

  giveBack(list: Int32Array): void {
    const free = this.#free.get(list.length);
    if (free === undefined) this.#free.set(list.length, [list]);
    else free.push(list);
  }
}

/** By how much the sockets of addresses change at one sample: written down one after the other, and summed when there are many. */
export class SocketChanges {
  readonly #pool: ListPool;
  /** Pairs of key and change. A key is address * 16 + state, and may come more than once. Addresses begin at 1. */
  #list: Int32Array = NONE;
  /** Words of the list that are in use. */
  #used = 0;
  /** What came before the list, for a sample that few changes will be added to. */
  #packed: PackedChanges | null = null;
  /** 0: none. */
  highestAddress = 0;

  constructor(pool: ListPool) {
    this.#pool = pool;
  }

  add(address: number, state: number, by: number): void {
    if (address > this.highestAddress) this.highestAddress = address;
    this.#put(address * STATES + state, by);
  }

  /** Lets go of the room for more. Afterwards each address and state is told of once, the lowest address first. */
  pack(): void {
    if (this.#used === 0) return;
    this.#packed?.each((key, by) => this.#put(key, by));
    this.#packed = new PackedChanges(this.#list, sumByKey(this.#list, this.#used / 2));
    this.#letGo();
  }

  /** Tells every change; the same address and state may come more than once. */
  each(on: (address: number, state: number, by: number) => void): void {
    const tell = (key: number, by: number): void => on(Math.floor(key / STATES), key % STATES, by);
    this.#packed?.each(tell);
    for (let at = 0; at < this.#used; at += 2) tell(this.#list[at]!, this.#list[at + 1]!);
  }

  /** Forgets them. */
  clear(): void {
    this.#packed = null;
    if (this.#list.length > 0) this.#letGo();
  }

  #put(key: number, by: number): void {
    if (this.#used === this.#list.length) this.#makeRoom();
    this.#list[this.#used] = key;
    this.#list[this.#used + 1] = by;
    this.#used += 2;
  }

  /** For at least as many as there are now, so that summing takes little for each that was added. */
  #makeRoom(): void {
    const before = this.#list;
    this.#used = 2 * sumByKey(before, this.#used / 2);
    if (2 * this.#used < before.length) return;
    this.#list = this.#pool.take(Math.max(2 * FIRST_SIZE, 2 * before.length));
    this.#list.set(before.subarray(0, this.#used));
    if (before.length > 0) this.#pool.giveBack(before);
  }

  #letGo(): void {
    this.#pool.giveBack(this.#list);
    this.#list = NONE;
    this.#used = 0;
  }
}
