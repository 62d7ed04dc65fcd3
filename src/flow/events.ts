import type { LoneSyn } from './lone-syn.js';
import type { Segment } from './segment.js';
import type { PawsCandidate, ResetSeen, TimeWaitSyn } from './story.js';
import type { ZeekConnection } from './zeek-connection.js';

/**
 * What the tracker tells those who judge. Slots are records of its `ConnectionTable`, valid during the call; `end` is 0
 * for the lower and 1 for the higher end of the four-tuple.
 */
export interface FlowListener {
  /** The first copy of a SYN (without ACK) opened the incarnation in `slot`. Every copy of a frame set aside before. */
  onSyn(slot: number, syn: Segment): void;
  /** A reset on the incarnation in `slot`, whatever it did; the record shows what. Every copy of a frame set aside before. */
  onReset(slot: number, reset: ResetSeen): void;
  /** The close in `slot` is complete: TIME_WAIT begins (at `Head.ENDED_NS`), at the end or ends whose FIN did not cover the other's. */
  onTimeWait(slot: number): void;
  /** A SYN that met TIME_WAIT: what became of it is known, or will not be known any better. `slot` is the attempt. */
  onTimeWaitSyn(slot: number, syn: TimeWaitSyn): void;
  /** The fate of a segment that fails PAWS is known as well as it will be. */
  onPaws(slot: number, candidate: PawsCandidate): void;
  /**
   * The connection in `slot` has been over for a moment, or will not be seen again: write its row. Called once more where
   * later segments changed it: the row replaces the one before.
   */
  onSettled(slot: number): void;
  /**
   * Connections that may have plain rows have settled, those in places `first` to `end` - 1 of `Desk.PLAIN_SLOTS`: as
   * `onSettled` for each up to the one whose place is returned, which goes there; and WRITTEN and PLAIN_ROW are set in
   * their records.
   */
  onPlain(first: number, end: number): number;
  /** Zeek ends a connection in the middle of the incarnation in `slot`, and begins another. */
  onZeekPart(slot: number, connection: ZeekConnection): void;
  /**
   * All has been heard that the row of the connection in `slot` may rest on: resets of others show what one was. Called
   * once, before `onLeave`, where there were rare facts.
   */
  onAllHeard(slot: number): void;
  /**
   * The last word on the connection in `slot`: it leaves memory, or the input is over. Called once; not for complete closes
   * without rare facts.
   */
  onLeave(slot: number): void;
  /** The last word on a connection that is nothing but a SYN, instead of `onLeave`. `syn`: valid during the call. */
  onLoneSynLeaves(syn: LoneSyn): void;
}

/** What the user chose that changes how segments are read. */
export interface TrackerOptions {
  /** How long TIME_WAIT is taken to last where the capture does not show it, ns. */
  readonly timeWaitNs: number;
  /** False: no segment goes the short way of `short-way.ts`. For tests, which hold both ways to the same. */
  readonly shortWay?: boolean;
  /** A SYN that nobody answered leaves the table for `ParkedSyns` after this long, ns. For tests; default: 0.9 s. */
  readonly parkAfterNs?: number;
  /** Connections may take so many octets of memory; past that the longest silent ones leave. Default and null: no cap. */
  readonly maxRecordBytes?: number | null;
}

/** Connections that left memory for want of it (`TrackerOptions.maxRecordBytes`). */
export interface Evictions {
  /** They had not ended: their rows are marked. */
  readonly unended: number;
  /** They had ended, but something could still have come for them: a SYN on TIME_WAIT, a late segment. */
  readonly ended: number;
}
