import type { SegmentBatch } from '../segment/segment-batch.js';
import { OVER } from './attribution.js';
import { ConnectionFlag, Head, type ConnectionTable } from './connection-table.js';
import { Desk } from './desk.js';
import type { ForgottenTuples } from './forgotten-tuples.js';
import type { LastWords } from './last-words.js';
import { LoneSyn } from './lone-syn.js';
import { LookAhead } from './look-ahead.js';
import { ParkedSyns } from './parked-syns.js';
import { SlotQueue } from './slot-queue.js';
import type { ZeekHistory } from './zeek-history.js';

/** A SYN that nobody answered is parked after this long, ns: longer than a round trip, shorter than Linux' first retry. */
const PARK_NS = 0.9e9;
/** So many SYNs without an answer at a time are a flood, or a scan: then they wait less. */
const FLOOD = 1 << 16;
/** They are parked after this long, ns: most servers that are near the tap have answered by then. */
const FLOOD_PARK_NS = 2e5;
/** So many of them are looked ahead at, and parked together: there is room for their rows. */
const TOGETHER: number = Desk.PLAIN_ROOM;
/** Parked SYNs are looked through for old ones so often, ns. */
const SWEEP_NS = 30e9;
/** An unanswered SYN is given up this long after its last copy, ns: longer than Linux' last interval of 64 s. */
const ATTEMPT_NS = 180e9;

/** What happens to those that leave, beside what `LastWords` says. */
export interface Leaving {
  /** The connection in `slot` leaves memory. */
  forget(slot: number): void;
  /** Where the four-tuples of parked ones go. */
  readonly tuples: ForgottenTuples;
}

/**
 * SYNs that nobody answered yet, from when they pass until they are answered or given up: at first in the table, then parked
 * in few octets each, or, where they cannot be, still there.
 */
export class UnansweredSyns {
  readonly parked = new ParkedSyns();
  private readonly table: ConnectionTable;
  private readonly zeek: ZeekHistory;
  private readonly words: LastWords;
  private readonly leaving: Leaving;
  private readonly parkAfterNs: number;
  private readonly ahead: LookAhead;
  /** The latest ones, and those that could not be parked. */
  private readonly young = new SlotQueue();
  private readonly attempts = new SlotQueue();
  private nextSweepNs = -Infinity;
  private readonly lone = new LoneSyn();

  /** `parkAfterNs`: as in `TrackerOptions`. */
  constructor(
    table: ConnectionTable,
    zeek: ZeekHistory,
    words: LastWords,
    leaving: Leaving,
    parkAfterNs: number = PARK_NS,
  ) {
    this.table = table;
    this.zeek = zeek;
    this.words = words;
    this.leaving = leaving;
    this.parkAfterNs = parkAfterNs;
    this.ahead = new LookAhead(table, this.parked);
  }

  /** A SYN opened an attempt. */
  began(slot: number): void {
    this.young.push(slot, this.table.u32[this.table.at(slot) + Head.ID]!);
  }

  /** As `LookAhead.findUnparked`; where nothing is parked, all bits are set, also of rows that are no SYNs. */
  findUnparked(batch: SegmentBatch, first: number, from: number, end: number, unparked: Int32Array): void {
    if (this.parked.size === 0) unparked.fill(-1, from >> 5, (end + 31) >> 5);
    else this.ahead.findUnparked(batch, first, from, end, unparked);
  }

  /** The slot of a parked SYN on a four-tuple that is not in the table, which it is from now on; -1: there is none. */
  unpark(family: number, low: number, high: number, ports: number): number {
    const { parked } = this;
    const place = parked.size === 0 ? -1 : parked.find(family, low, high, ports);
    if (place < 0) return -1;
    const seenNs = parked.seenNs(place);
    const slot = parked.unpark(place, this.table);
    this.zeek.resume(slot, seenNs);
    this.began(slot);
    return slot;
  }

  /** Of a flood, parks those that have waited, while the processor's cache still holds them. */
  parkOfFlood(now: number): void {
    if (this.parked.size >= FLOOD) this.park(now);
  }

  /** Parks those that have waited, and gives up those that have waited too long; `now` is the time of the latest segment. */
  letGo(now: number): void {
    this.park(now);
    this.letAttemptsGo(now);
    if (now >= this.nextSweepNs || now < this.nextSweepNs - SWEEP_NS) {
      this.eachParked((place, slot) => {
        if (this.parked.seenNs(place) < now - ATTEMPT_NS) this.giveUp(place, slot);
        return true;
      });
      this.nextSweepNs = now + SWEEP_NS;
    }
  }

  /** The last word on each parked SYN; their rows have been written. */
  leave(): void {
    this.eachParked((place) => {
      this.leaveLone(place);
      return true;
    });
  }

  /**
   * Shows each parked SYN whose row has not been written as a record that is valid during the call, and keeps what is noted
   * there.
   */
  eachUntold(does: (slot: number) => void): void {
    const { parked, table } = this;
    this.eachParked((place, slot) => {
      if (parked.isWritten(place)) return true;
      this.show(place, slot);
      does(slot);
      parked.keep(place, table, slot);
      return true;
    });
  }

  /** Forgets parked SYNs that were seen then or before, until there is room; `marks` is shown each of them before. */
  evict(silentSince: number, hasRoom: () => boolean, marks: (slot: number) => void): void {
    this.eachParked((place, slot) => {
      if (hasRoom()) return false;
      if (this.parked.seenNs(place) > silentSince) return true;
      this.show(place, slot);
      marks(slot);
      this.words.settleForGood(slot);
      this.forget(place);
      return true;
    });
  }

  /** `slot`: a record to show it in. `does` says whether to go on. */
  private eachParked(does: (place: number, slot: number) => boolean): void {
    const { parked, table } = this;
    if (parked.size === 0) return;
    const slot = table.borrow();
    for (let place = 0; place < parked.places; place++) {
      if (parked.isTaken(place) && !does(place, slot)) break;
    }
    table.giveBack(slot);
  }

  private park(now: number): void {
    for (let count = this.listReady(now); count > 0; count = this.listReady(now)) {
      // Of a few, most will be answered yet; of so many, most will not, and their rows had better not wait for the end.
      if (this.parked.size >= FLOOD) this.words.writePlain(count);
      for (let place = 0; place < count; place++) {
        const slot = this.table.i32[Desk.PLAIN_SLOTS / 4 + place]!;
        this.parked.park(this.table, slot);
        this.table.release(slot);
      }
    }
  }

  /** Moves SYNs that are to be parked to `Desk.PLAIN_SLOTS`, a few at a time. Returns their number. */
  private listReady(now: number): number {
    const { table, young, parked } = this;
    const parkAfterNs = parked.size < FLOOD ? this.parkAfterNs : FLOOD_PARK_NS;
    if (parked.size >= FLOOD) this.ahead.atParking(young, TOGETHER);
    let count = 0;
    for (; young.length > 0 && count < TOGETHER; young.shift()) {
      const { slot, id } = young;
      if (!this.isUnanswered(slot, id)) continue;
      if (now - table.f64[(table.at(slot) + Head.FIRST_NS) >> 1]! < parkAfterNs) break;
      if (parked.fits(table, slot) && this.zeek.isPlain(slot)) table.i32[Desk.PLAIN_SLOTS / 4 + count++] = slot;
      else this.attempts.push(slot, id);
    }
    return count;
  }

  private isUnanswered(slot: number, id: number): boolean {
    const flags = this.table.i32[this.table.at(slot) + Head.FLAGS]!;
    return (flags & (ConnectionFlag.ATTEMPT | OVER)) === ConnectionFlag.ATTEMPT && this.table.holds(slot, id);
  }

  private letAttemptsGo(now: number): void {
    const { table, attempts } = this;
    for (let n = attempts.length; n > 0; n--) {
      const slot = attempts.slot;
      const id = attempts.id;
      const at = table.at(slot);
      if (!this.isUnanswered(slot, id)) {
        attempts.shift();
        continue;
      }
      if (now - table.f64[(at + Head.FIRST_NS) >> 1]! < ATTEMPT_NS) break;
      attempts.shift();
      if (now - table.f64[(at + Head.LAST_NS) >> 1]! < ATTEMPT_NS) attempts.push(slot, id);
      else this.leaving.forget(slot);
    }
  }

  /** `slot`: a record to show it in. */
  private giveUp(place: number, slot: number): void {
    if (!this.parked.isWritten(place)) {
      this.show(place, slot);
      this.words.settleForGood(slot);
    }
    this.forget(place);
  }

  /** Its row has been written. */
  private forget(place: number): void {
    const { low, high, ports } = this.leaveLone(place);
    this.leaving.tuples.add(low, high, ports);
    this.parked.forget(place);
  }

  private leaveLone(place: number): LoneSyn {
    this.parked.read(place, this.lone);
    this.words.leaveLone(this.lone);
    return this.lone;
  }

  /** Shows a parked SYN as the record in `slot`, which is free for that. */
  private show(place: number, slot: number): void {
    this.parked.restore(place, this.table, slot);
    this.zeek.resume(slot, this.parked.seenNs(place));
  }
}
