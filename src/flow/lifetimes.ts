import { OVER } from './attribution.js';
import { ConnectionFlag, Head, tupleHash, type ConnectionTable } from './connection-table.js';
import type { Evictions, FlowListener, TrackerOptions } from './events.js';
import { ForgottenTuples } from './forgotten-tuples.js';
import { LastWords } from './last-words.js';
import { FORGOTTEN_NS } from './limits.js';
import { ParkedSyns } from './parked-syns.js';
import { RecordBudget } from './record-budget.js';
import { SlotQueue } from './slot-queue.js';
import type { Story } from './story.js';
import type { ZeekHistory } from './zeek-history.js';

/** A closed connection's row is written when nothing more has come for this long, ns. */
const SETTLE_NS = 100e6;
/** A SYN that nobody answered is parked after this long, ns: longer than a round trip, shorter than Linux' first retry. */
const PARK_NS = 0.9e9;
/** So many SYNs without an answer at a time are a flood, or a scan: then they are parked while they are in the cache. */
const FLOOD = 1 << 16;
const FLOOD_PARK_NS = 20e6;
/** So many of them are looked ahead at. */
const WARMED = 64;
/**
 * A refused attempt leaves this long after its last packet, ns: one more copy of its SYN comes within 5 s (close-rules 10.2),
 * and a scan refused ten thousand times a second would fill the memory in four minutes. A connection that a reset ended stays
 * as long as one in TIME_WAIT: it may go on after a pause, and show that the reset took no effect.
 */
const AFTER_REFUSAL_NS = 10e9;
/** Parked SYNs are looked through for old ones so often, ns. */
const SWEEP_NS = 30e9;
/** An unanswered SYN is given up this long after its last copy, ns: longer than Linux' last interval of 64 s. */
const ATTEMPT_NS = 180e9;
/** The least share of all connections that leave at a time where memory is short. */
const LEAST_SHARE = 0.05;

/**
 * When connections are told of and when they leave memory: a closed one settles a moment after its end and is forgotten
 * when no SYN can meet its TIME_WAIT any more; an unanswered SYN is given up; one that never ends stays,
 * unless memory is short: then the longest silent ones leave.
 */
export class Lifetimes {
  /** Four-tuples that have left memory. */
  readonly tuples = new ForgottenTuples();
  private now = 0;
  private readonly table: ConnectionTable;
  private readonly stories: Map<number, Story>;
  private readonly words: LastWords;
  private readonly horizonNs: number;
  private readonly settling = new SlotQueue();
  private readonly leaving = new SlotQueue();
  private readonly leavingRefused = new SlotQueue();
  /** SYNs that nobody answered yet: the latest ones, and those that could not be parked. */
  private readonly young = new SlotQueue();
  private readonly attempts = new SlotQueue();
  private readonly parked = new ParkedSyns();
  private readonly zeek: ZeekHistory;
  private readonly budget: RecordBudget;
  private readonly evicted = { unended: 0, ended: 0 };
  private readonly parkAfterNs: number;
  private nextSweepNs = -Infinity;

  constructor(
    table: ConnectionTable,
    stories: Map<number, Story>,
    zeek: ZeekHistory,
    options: TrackerOptions,
    listener: FlowListener,
  ) {
    this.table = table;
    this.zeek = zeek;
    this.stories = stories;
    this.words = new LastWords(table, stories, listener);
    this.parkAfterNs = options.parkAfterNs ?? PARK_NS;
    this.budget = new RecordBudget(options.maxRecordBytes ?? null, table, this.parked, stories);
    this.horizonNs = Math.max(options.timeWaitNs, FORGOTTEN_NS);
  }

  /** Who left for want of memory so far. */
  get evictions(): Evictions {
    return this.evicted;
  }

  /** A connection was opened on a four-tuple that is not in memory. */
  opened(slot: number): void {
    const { i32, u32 } = this.table;
    const at = this.table.at(slot);
    const { evicted, tuples } = this;
    const mayBeBack = tuples.opened(
      u32[at + Head.ID]!,
      i32[at + Head.LOW]!,
      i32[at + Head.HIGH]!,
      i32[at + Head.PORTS]!,
    );
    if (mayBeBack && evicted.unended + evicted.ended > 0) i32[at + Head.FLAGS]! |= ConnectionFlag.RESUMED;
  }

  /** A SYN opened an attempt. */
  began(slot: number): void {
    this.young.push(slot, this.table.u32[this.table.at(slot) + Head.ID]!);
  }

  /** The hashes of so many SYNs that come next are in the table: their buckets are touched, as those of the table were. */
  expectSyns(count: number): void {
    const { parked, table } = this;
    if (parked.size < FLOOD) return; // then they are near
    const { syns } = table;
    let touched = 0;
    for (let i = 0; i < count; i++) touched ^= parked.peek(syns[i]!);
    table.touched = touched;
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

  /** The input is over: everything still in memory is settled for good. */
  finish(): void {
    // All rows first: what is said of one connection at its end may rest on any other.
    this.eachLive((slot) => {
      this.words.settleForGood(slot);
    });
    this.eachLive((slot) => {
      this.words.leave(slot);
    });
  }

  /** A parked SYN is shown as a record that is valid during the call. */
  private eachLive(does: (slot: number) => void): void {
    const { parked, table } = this;
    for (let slot = table.firstSlot, end = table.slots; slot < end; slot++) {
      if ((table.i32[table.at(slot) + Head.FLAGS]! & ConnectionFlag.LIVE) !== 0) does(slot);
    }
    if (parked.size === 0) return;
    const slot = table.borrow();
    for (let place = 0; place < parked.places; place++) {
      if (!parked.isTaken(place)) continue;
      this.show(place, slot);
      does(slot);
      parked.keep(place, table, slot);
    }
    table.giveBack(slot);
  }

  /** The connection is over: its row is written in a moment, in case something more comes. */
  ended(slot: number, ns: number): void {
    const at = this.table.at(slot);
    this.table.f64[(at + Head.ENDED_NS) >> 1] = ns;
    this.settling.push(slot, this.table.u32[at + Head.ID]!);
  }

  /** Whether a queue's entry still speaks of the connection that is in that slot now. */
  private isCurrent(slot: number, id: number): boolean {
    const at = this.table.at(slot);
    return this.table.u32[at + Head.ID] === id && (this.table.i32[at + Head.FLAGS]! & ConnectionFlag.LIVE) !== 0;
  }

  /** Writes what is settled and forgets what is long over; `now` is the time of the latest segment. Between batches. */
  letGo(now: number): void {
    this.now = now;
    this.letSettle();
    this.letLeave(this.leaving, this.horizonNs);
    this.letLeave(this.leavingRefused, AFTER_REFUSAL_NS);
    this.park();
    this.letAttemptsGo();
    if (now >= this.nextSweepNs || now < this.nextSweepNs - SWEEP_NS) {
      this.letParkedGo(now - ATTEMPT_NS);
      this.nextSweepNs = now + SWEEP_NS;
    }
    if (this.budget.isExceeded) this.makeRoom();
  }

  /** Lets the longest silent connections go, ended or not, until there is room. */
  private makeRoom(): void {
    for (let leastShare = LEAST_SHARE; !this.budget.hasRoom; leastShare *= 2) {
      const silentSince = this.budget.silentSince(leastShare);
      this.evictRecords(silentSince);
      this.evictParked(silentSince);
    }
  }

  private evictRecords(silentSince: number): void {
    const { table, budget } = this;
    for (let slot = table.firstSlot; slot < table.slots && !budget.hasRoom; slot++) {
      const at = table.at(slot);
      const isLive = (table.i32[at + Head.FLAGS]! & ConnectionFlag.LIVE) !== 0;
      // The older incarnation first: the next one on the four-tuple takes its number from the newest in memory.
      if (!isLive || table.i32[at + Head.OLDER]! >= 0 || table.f64[(at + Head.LAST_NS) >> 1]! > silentSince) continue;
      this.markEvicted(slot);
      this.forget(slot);
    }
  }

  private evictParked(silentSince: number): void {
    const { parked, table, budget } = this;
    if (parked.size === 0) return;
    const slot = table.borrow();
    for (let place = 0; place < parked.places && !budget.hasRoom; place++) {
      if (!parked.isTaken(place) || parked.seenNs(place) > silentSince) continue;
      this.show(place, slot);
      this.markEvicted(slot);
      this.forgetParked(place, slot);
    }
    table.giveBack(slot);
  }

  private markEvicted(slot: number): void {
    const { i32 } = this.table;
    const at = this.table.at(slot);
    if ((i32[at + Head.FLAGS]! & OVER) !== 0) {
      this.evicted.ended++;
    } else {
      this.evicted.unended++;
      i32[at + Head.FLAGS]! |= ConnectionFlag.EVICTED | ConnectionFlag.CHANGED;
    }
  }

  private park(): void {
    const { table, young, parked } = this;
    for (let n = 0; young.length > 0; n++) {
      if (n % WARMED === 0 && parked.size >= FLOOD) this.warmYoung();
      const { slot, id } = young;
      if (this.isUnanswered(slot, id)) {
        const age = this.now - table.f64[(table.at(slot) + Head.FIRST_NS) >> 1]!;
        if (age < (parked.size < FLOOD ? this.parkAfterNs : FLOOD_PARK_NS)) return;
        if (parked.fits(table, slot) && this.zeek.isPlain(slot)) {
          // Of a few, most will be answered yet; of so many, most will not, and their rows had better not wait for the end.
          if (parked.size >= FLOOD) this.words.writeRow(slot);
          parked.park(table, slot);
          table.release(slot);
        } else {
          this.attempts.push(slot, id);
        }
      }
      young.shift();
    }
  }

  /** Touches the buckets that the longest waiting SYNs will be parked in. */
  private warmYoung(): void {
    const { table, young, parked } = this;
    const { i32 } = table;
    let touched = 0;
    for (let i = 0, n = Math.min(WARMED, young.length); i < n; i++) {
      const at = table.at(young.slotAt(i));
      touched ^= parked.peek(tupleHash(i32[at + Head.LOW]!, i32[at + Head.HIGH]!, i32[at + Head.PORTS]!));
    }
    table.touched = touched;
  }

  private isUnanswered(slot: number, id: number): boolean {
    const flags = this.table.i32[this.table.at(slot) + Head.FLAGS]!;
    return (flags & (ConnectionFlag.ATTEMPT | OVER)) === ConnectionFlag.ATTEMPT && this.isCurrent(slot, id);
  }

  /** Forgets the parked SYNs that were seen before that time. */
  private letParkedGo(beforeNs: number): void {
    const { parked, table } = this;
    if (parked.size === 0) return;
    const slot = table.borrow();
    for (let place = 0; place < parked.places; place++) {
      if (!parked.isTaken(place) || parked.seenNs(place) >= beforeNs) continue;
      this.show(place, slot);
      this.forgetParked(place, slot);
    }
    table.giveBack(slot);
  }

  /** Forgets the parked SYN that is shown in `slot`. */
  private forgetParked(place: number, slot: number): void {
    this.words.settleForGood(slot);
    this.words.leave(slot);
    this.forgetTuple(slot);
    this.parked.forget(place);
  }

  /** Shows a parked SYN as the record in `slot`, which is free for that. */
  private show(place: number, slot: number): void {
    this.parked.restore(place, this.table, slot);
    this.zeek.resume(slot, this.parked.seenNs(place));
  }

  private letSettle(): void {
    const { table, settling } = this;
    while (settling.length > 0) {
      const slot = settling.slot;
      const id = settling.id;
      const at = table.at(slot);
      // A reset that the connection outlived is no end: it will end once more, or be open when the capture ends.
      if (!this.isCurrent(slot, id) || (table.i32[at + Head.FLAGS]! & OVER) === 0) {
        settling.shift();
        continue;
      }
      if (this.now - table.f64[(at + Head.ENDED_NS) >> 1]! < SETTLE_NS) break;
      settling.shift();
      if ((table.i32[at + Head.FLAGS]! & ConnectionFlag.WRITTEN) === 0) this.words.settle(slot);
      this.queueOf(table.i32[at + Head.FLAGS]!).push(slot, id);
    }
  }

  /** Where a connection in that state waits to leave. */
  private queueOf(state: number): SlotQueue {
    const refused = (state & OVER) === ConnectionFlag.REFUSED;
    return refused ? this.leavingRefused : this.leaving;
  }

  /** `leaving`: in the order in which they ended. They leave so long after their end and their last segment. */
  private letLeave(leaving: SlotQueue, horizonNs: number): void {
    const { table } = this;
    for (let n = leaving.length; n > 0; n--) {
      const slot = leaving.slot;
      const id = leaving.id;
      const at = table.at(slot);
      if (!this.isCurrent(slot, id) || (table.i32[at + Head.FLAGS]! & OVER) === 0) {
        leaving.shift();
        continue;
      }
      if (this.now - table.f64[(at + Head.ENDED_NS) >> 1]! < horizonNs) break;
      leaving.shift();
      if (this.now - table.f64[(at + Head.LAST_NS) >> 1]! < horizonNs) leaving.push(slot, id);
      else this.forget(slot);
    }
  }

  private letAttemptsGo(): void {
    const { table, attempts } = this;
    for (let n = attempts.length; n > 0; n--) {
      const slot = attempts.slot;
      const id = attempts.id;
      const at = table.at(slot);
      if (!this.isUnanswered(slot, id)) {
        attempts.shift();
        continue;
      }
      if (this.now - table.f64[(at + Head.FIRST_NS) >> 1]! < ATTEMPT_NS) break;
      attempts.shift();
      if (this.now - table.f64[(at + Head.LAST_NS) >> 1]! < ATTEMPT_NS) attempts.push(slot, id);
      else this.forget(slot);
    }
  }

  private forget(slot: number): void {
    this.words.settleForGood(slot);
    this.words.leave(slot);
    this.forgetTuple(slot);
    if ((this.table.i32[this.table.at(slot) + Head.FLAGS]! & ConnectionFlag.STORY) !== 0) this.stories.delete(slot);
    this.table.release(slot);
  }

  private forgetTuple(slot: number): void {
    const { i32 } = this.table;
    const at = this.table.at(slot);
    this.tuples.add(i32[at + Head.LOW]!, i32[at + Head.HIGH]!, i32[at + Head.PORTS]!);
  }
}
