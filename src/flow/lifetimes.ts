import { FORGOTTEN_NS, OVER } from './attribution.js';
import { ConnectionFlag, Head, type ConnectionTable } from './connection-table.js';
import type { FlowListener, TrackerOptions } from './events.js';
import { SlotQueue } from './slot-queue.js';
import type { Story } from './story.js';

/** A closed connection's row is written when nothing more has come for this long, ns. */
const SETTLE_NS = 100e6;
/** An unanswered SYN is given up this long after its last copy, ns: longer than Linux' last interval of 64 s. */
const ATTEMPT_NS = 180e9;

/**
 * When connections are told of and when they leave memory: a closed one settles a moment after its end and is forgotten
 * when no SYN can meet its TIME_WAIT any more; an unanswered SYN is given up; one that never ends stays.
 */
export class Lifetimes {
  /** Connections that have left memory. */
  forgotten = 0;
  private now = 0;
  private readonly table: ConnectionTable;
  private readonly stories: Map<number, Story>;
  private readonly listener: FlowListener;
  private readonly horizonNs: number;
  private readonly settling = new SlotQueue();
  private readonly leaving = new SlotQueue();
  private readonly attempts = new SlotQueue();

  constructor(table: ConnectionTable, stories: Map<number, Story>, options: TrackerOptions, listener: FlowListener) {
    this.table = table;
    this.stories = stories;
    this.listener = listener;
    this.horizonNs = Math.max(options.timeWaitNs, FORGOTTEN_NS);
  }

  /** A SYN opened an attempt. */
  began(slot: number): void {
    this.attempts.push(slot, this.table.u32[this.table.at(slot) + Head.ID]!);
  }

  /** The input is over: everything still in memory is settled for good. */
  finish(): void {
    // All rows first: what is said of one connection at its end may rest on any other.
    this.eachLive((slot) => {
      this.settleForGood(slot);
    });
    this.eachLive((slot) => {
      this.leave(slot);
    });
  }

  private eachLive(does: (slot: number) => void): void {
    const { table } = this;
    for (let slot = 0; slot < table.slots; slot++) {
      if ((table.i32[table.at(slot) + Head.FLAGS]! & ConnectionFlag.LIVE) !== 0) does(slot);
    }
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
    this.letLeave();
    this.letAttemptsGo();
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
      if ((table.i32[at + Head.FLAGS]! & ConnectionFlag.WRITTEN) === 0) this.settle(slot);
      this.leaving.push(slot, id);
    }
  }

  private letLeave(): void {
    const { table, leaving } = this;
    for (let n = leaving.length; n > 0; n--) {
      const slot = leaving.slot;
      const id = leaving.id;
      const at = table.at(slot);
      if (!this.isCurrent(slot, id) || (table.i32[at + Head.FLAGS]! & OVER) === 0) {
        leaving.shift();
        continue;
      }
      if (this.now - table.f64[(at + Head.ENDED_NS) >> 1]! < this.horizonNs) break;
      leaving.shift();
      if (this.now - table.f64[(at + Head.LAST_NS) >> 1]! < this.horizonNs) leaving.push(slot, id);
      else this.forget(slot);
    }
  }

  private letAttemptsGo(): void {
    const { table, attempts } = this;
    for (let n = attempts.length; n > 0; n--) {
      const slot = attempts.slot;
      const id = attempts.id;
      const at = table.at(slot);
      const flags = table.i32[at + Head.FLAGS]!;
      if (!this.isCurrent(slot, id) || (flags & ConnectionFlag.ATTEMPT) === 0 || (flags & OVER) !== 0) {
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
    this.settleForGood(slot);
    this.leave(slot);
    if ((this.table.i32[this.table.at(slot) + Head.FLAGS]! & ConnectionFlag.STORY) !== 0) this.stories.delete(slot);
    this.table.release(slot);
    this.forgotten++;
  }

  private settleForGood(slot: number): void {
    const flags = this.table.i32[this.table.at(slot) + Head.FLAGS]!;
    const story = (flags & ConnectionFlag.STORY) === 0 ? undefined : this.stories.get(slot);
    if (story !== undefined) {
      for (const candidate of story.pawsOpen) this.listener.onPaws(slot, candidate);
      story.pawsOpen.length = 0;
    }
    if ((flags & ConnectionFlag.WRITTEN) === 0 || (flags & ConnectionFlag.CHANGED) !== 0) this.settle(slot);
  }

  private leave(slot: number): void {
    const flags = this.table.i32[this.table.at(slot) + Head.FLAGS]!;
    // A complete close without rare facts has nothing more to tell.
    if ((flags & (ConnectionFlag.FINISHED | ConnectionFlag.STORY)) !== ConnectionFlag.FINISHED)
      this.listener.onLeave(slot);
  }

  private settle(slot: number): void {
    const at = this.table.at(slot);
    const hasStory = (this.table.i32[at + Head.FLAGS]! & ConnectionFlag.STORY) !== 0;
    const syn = hasStory ? (this.stories.get(slot)?.timeWaitSyn ?? null) : null;
    if (syn !== null && !syn.written) {
      syn.written = true;
      this.listener.onTimeWaitSyn(slot, syn);
    }
    this.listener.onSettled(slot);
    this.table.i32[at + Head.FLAGS] =
      (this.table.i32[at + Head.FLAGS]! | ConnectionFlag.WRITTEN) & ~ConnectionFlag.CHANGED;
  }
}
