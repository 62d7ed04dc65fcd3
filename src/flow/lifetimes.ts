import { OVER } from './attribution.js';
import { ConnectionFlag, Head, type ConnectionTable } from './connection-table.js';
import { Desk } from './desk.js';
import type { Evictions, FlowListener, TrackerOptions } from './events.js';
import { ForgottenTuples } from './forgotten-tuples.js';
import { LastWords } from './last-words.js';
import { FORGOTTEN_NS } from './limits.js';
import { RecordBudget } from './record-budget.js';
import { SlotQueue } from './slot-queue.js';
import type { Stories } from './stories.js';
import { UnansweredSyns } from './unanswered-syns.js';
import type { ZeekHistory } from './zeek-history.js';

/** The row of a connection that is over is written when nothing more has come for this long, ns; that of a plain close at once. */
const SETTLE_NS = 100e6;
/**
 * A refused attempt leaves this long after its last packet, ns: one more copy of its SYN comes within 5 s (close-rules 10.2),
 * and a scan refused ten thousand times a second would fill the memory in four minutes. A connection that a reset ended stays
 * as long as one in TIME_WAIT: it may go on after a pause, and show that the reset took no effect.
 */
const AFTER_REFUSAL_NS = 10e9;
/** A complete close without rare facts, whose row was written as it is now, has nothing more to tell. */
const ALL_TOLD = ConnectionFlag.FINISHED | ConnectionFlag.WRITTEN;
const MATTERS = ALL_TOLD | ConnectionFlag.STORY | ConnectionFlag.CHANGED;
/** The least share of all connections that leave at a time where memory is short. */
const LEAST_SHARE = 0.05;

/**
 * When connections are told of and when they leave memory: a closed one settles a moment after its end and is forgotten
 * when no SYN can meet its TIME_WAIT any more; one that never ends stays, unless memory is short: then the longest silent
 * ones leave.
 */
export class Lifetimes {
  /** Four-tuples that have left memory. */
  readonly tuples = new ForgottenTuples();
  readonly unanswered: UnansweredSyns;
  private now = 0;
  private readonly table: ConnectionTable;
  private readonly stories: Stories;
  private readonly zeek: ZeekHistory;
  private readonly words: LastWords;
  private readonly horizonNs: number;
  /** Complete closes since the last batch. */
  private readonly closed = new SlotQueue();
  private readonly settling = new SlotQueue();
  private readonly leaving = new SlotQueue();
  private readonly leavingRefused = new SlotQueue();
  private readonly budget: RecordBudget;
  private readonly evicted = { unended: 0, ended: 0 };
  /** When the input is over. */
  private openRecords: readonly number[] = [];

  constructor(
    table: ConnectionTable,
    stories: Stories,
    zeek: ZeekHistory,
    options: TrackerOptions,
    listener: FlowListener,
  ) {
    this.table = table;
    this.stories = stories;
    this.zeek = zeek;
    this.words = new LastWords(table, stories, listener);
    this.unanswered = new UnansweredSyns(
      table,
      zeek,
      this.words,
      { forget: (slot) => this.forget(slot), tuples: this.tuples },
      options.parkAfterNs,
    );
    this.budget = new RecordBudget(options.maxRecordBytes ?? null, table, this.unanswered.parked, stories);
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

  /** The input is over: everything still in memory is settled for good. */
  endConnections(): void {
    this.openRecords = this.findOpenRecords();
    // All rows first: what is said of one connection at its end may rest on any other.
    this.eachOpen((slot) => this.words.settleForGood(slot));
    this.unanswered.eachUntold((slot) => this.words.settleForGood(slot));
    this.eachOpen((slot) => this.words.reconsider(slot)); // of a parked SYN nothing rare is known
  }

  /** After that: everything still in memory leaves. */
  finish(): void {
    this.eachOpen((slot) => this.words.leave(slot));
    this.unanswered.leave();
  }

  private eachOpen(on: (slot: number) => void): void {
    for (const slot of this.openRecords) {
      on(slot);
      this.stories.rest(slot);
    }
  }

  /** Slots of the records of which not all has been told; of most it has. */
  private findOpenRecords(): number[] {
    const open: number[] = [];
    const { table } = this;
    for (let slot = table.firstSlot, end = table.slots; slot < end; slot++) {
      const flags = table.i32[table.at(slot) + Head.FLAGS]!;
      if ((flags & ConnectionFlag.LIVE) !== 0 && (flags & MATTERS) !== ALL_TOLD) open.push(slot);
    }
    return open;
  }

  /** The connection is over: its row is written soon. */
  ended(slot: number, ns: number): void {
    this.table.f64[(this.table.at(slot) + Head.ENDED_NS) >> 1] = ns;
    this.willSettle(slot);
  }

  /** Likewise, where the record says since when. */
  willSettle(slot: number): void {
    const at = this.table.at(slot);
    const isClose = (this.table.i32[at + Head.FLAGS]! & ConnectionFlag.FINISHED) !== 0;
    (isClose ? this.closed : this.settling).push(slot, this.table.u32[at + Head.ID]!);
  }

  /** A segment at `ns` changed what the written row says. Where the end was a moment ago, it is written again in a moment. */
  changed(slot: number, ns: number): void {
    const at = this.table.at(slot);
    if (ns - this.table.f64[(at + Head.ENDED_NS) >> 1]! < SETTLE_NS)
      this.settling.push(slot, this.table.u32[at + Head.ID]!);
  }

  /** Writes what is settled and forgets what is long over; `now` is the time of the latest segment. Between batches. */
  letGo(now: number): void {
    this.now = now;
    this.letCloses();
    this.letSettle();
    this.letLeave(this.leaving, this.horizonNs);
    this.letLeave(this.leavingRefused, AFTER_REFUSAL_NS);
    this.unanswered.letGo(now);
    if (this.budget.isExceeded) this.makeRoom();
  }

  /** Lets the longest silent connections go, ended or not, until there is room. */
  private makeRoom(): void {
    for (let leastShare = LEAST_SHARE; !this.budget.hasRoom; leastShare *= 2) {
      const silentSince = this.budget.silentSince(leastShare);
      this.evictRecords(silentSince);
      this.unanswered.evict(
        silentSince,
        () => this.budget.hasRoom,
        (slot) => this.markEvicted(slot),
      );
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

  /**
   * Complete closes without rare facts settle with the batch: their records are still near, and hardly anything comes after
   * them. All others wait, for what comes next may say what they were.
   */
  private letCloses(): void {
    while (this.closed.length > 0) this.words.writePlain(this.listCloses());
  }

  /** Moves closes that are to settle now to `Desk.PLAIN_SLOTS`, as many as it has room for. Returns their number. */
  private listCloses(): number {
    const { table, closed } = this;
    let count = 0;
    for (; closed.length > 0 && count < Desk.PLAIN_SLOTS_ROOM; closed.shift()) {
      const { slot, id } = closed;
      if (!table.holds(slot, id)) continue;
      const state = table.i32[table.at(slot) + Head.FLAGS]!;
      if ((state & (ConnectionFlag.FINISHED | ConnectionFlag.STORY)) === ConnectionFlag.FINISHED) {
        table.i32[Desk.PLAIN_SLOTS / 4 + count++] = slot;
        this.leaving.push(slot, id);
      } else {
        this.settling.push(slot, id);
      }
    }
    return count;
  }

  private letSettle(): void {
    const { table, settling } = this;
    while (settling.length > 0) {
      const slot = settling.slot;
      const id = settling.id;
      const at = table.at(slot);
      // A reset that the connection outlived is no end: it will end once more, or be open when the capture ends.
      if (!table.holds(slot, id) || (table.i32[at + Head.FLAGS]! & OVER) === 0) {
        settling.shift();
        continue;
      }
      if (this.now - table.f64[(at + Head.ENDED_NS) >> 1]! < SETTLE_NS) break;
      settling.shift();
      this.words.writeRow(slot);
      if ((table.i32[at + Head.FLAGS]! & ConnectionFlag.STORY) !== 0) this.stories.rest(slot);
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
      if (!table.holds(slot, id) || (table.i32[at + Head.FLAGS]! & OVER) === 0) {
        leaving.shift();
        continue;
      }
      if (this.now - table.f64[(at + Head.ENDED_NS) >> 1]! < horizonNs) break;
      leaving.shift();
      if (this.now - table.f64[(at + Head.LAST_NS) >> 1]! < horizonNs) leaving.push(slot, id);
      else this.forget(slot);
    }
  }

  private forget(slot: number): void {
    this.words.settleForGood(slot);
    this.words.reconsider(slot);
    this.words.leave(slot);
    const { i32 } = this.table;
    const at = this.table.at(slot);
    this.tuples.add(i32[at + Head.LOW]!, i32[at + Head.HIGH]!, i32[at + Head.PORTS]!);
    if ((i32[at + Head.FLAGS]! & ConnectionFlag.STORY) !== 0) this.stories.end(slot);
    this.zeek.forget(slot);
    this.table.release(slot);
  }
}
