import { ConnectionFlag, Head, type ConnectionTable } from './connection-table.js';
import { Desk } from './desk.js';
import type { FlowListener } from './events.js';
import type { LoneSyn } from './lone-syn.js';
import { isToBeTold } from './paws-watch.js';
import type { Stories } from './stories.js';

/** Tells the listener of connections that are over or leave memory, and remembers in their records what it was told. */
export class LastWords {
  private readonly table: ConnectionTable;
  private readonly stories: Stories;
  private readonly listener: FlowListener;

  constructor(table: ConnectionTable, stories: Stories, listener: FlowListener) {
    this.table = table;
    this.stories = stories;
    this.listener = listener;
  }

  /** Writes the row if it has not been as it is now, and tells what waited for something that cannot come any more. */
  settleForGood(slot: number): void {
    const flags = this.table.i32[this.table.at(slot) + Head.FLAGS]!;
    const story = (flags & ConnectionFlag.STORY) === 0 ? undefined : this.stories.get(slot);
    if (story !== undefined && story.pawsOpen.length > 0) {
      for (const candidate of story.pawsOpen) if (isToBeTold(candidate)) this.listener.onPaws(slot, candidate);
      story.pawsOpen.length = 0;
    }
    this.writeRow(slot);
  }

  /** Others may have shown since what became of it. */
  reconsider(slot: number): void {
    if ((this.table.i32[this.table.at(slot) + Head.FLAGS]! & ConnectionFlag.STORY) !== 0)
      this.listener.onAllHeard(slot);
  }

  /** The last word on it. */
  leave(slot: number): void {
    const flags = this.table.i32[this.table.at(slot) + Head.FLAGS]!;
    // A complete close without rare facts has nothing more to tell.
    if ((flags & (ConnectionFlag.FINISHED | ConnectionFlag.STORY)) !== ConnectionFlag.FINISHED)
      this.listener.onLeave(slot);
  }

  /** The last word on a SYN whose row has been written. */
  leaveLone(syn: LoneSyn): void {
    this.listener.onLoneSynLeaves(syn);
  }

  /** Writes the rows of so many connections, those in `Desk.PLAIN_SLOTS`, unless they have been as they are now. */
  writePlain(count: number): void {
    for (let place = 0; place < count; place++) {
      place = this.listener.onPlain(place, count);
      if (place < count) this.writeRow(this.table.i32[Desk.PLAIN_SLOTS / 4 + place]!);
    }
  }

  /** Writes the row, unless it has been as it is now. */
  writeRow(slot: number): void {
    const flags = this.table.i32[this.table.at(slot) + Head.FLAGS]!;
    if ((flags & ConnectionFlag.WRITTEN) === 0 || (flags & ConnectionFlag.CHANGED) !== 0) this.settle(slot);
  }

  /** Writes the row. */
  settle(slot: number): void {
    const at = this.table.at(slot);
    const hasStory = (this.table.i32[at + Head.FLAGS]! & ConnectionFlag.STORY) !== 0;
    const syn = hasStory ? (this.stories.get(slot)?.timeWaitSyn ?? null) : null;
    if (syn !== null && !syn.written) {
      syn.written = true;
      this.listener.onTimeWaitSyn(slot, syn);
    }
    const outdated = ConnectionFlag.CHANGED | (this.table.i32[at + Head.FLAGS]! & ConnectionFlag.PLAIN_ROW);
    this.listener.onSettled(slot);
    this.table.i32[at + Head.FLAGS] = (this.table.i32[at + Head.FLAGS]! | ConnectionFlag.WRITTEN) & ~outdated;
  }
}
