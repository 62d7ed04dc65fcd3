import { SegmentOption, TcpFlag, type SegmentBatch } from '../segment/segment-batch.js';
import { serialAtMost, serialDiff } from '../wire/serial.js';
import { clockRate } from './clock-rate.js';
import { End, EndFlag, endOffset, type ConnectionTable } from './connection-table.js';
import type { FlowListener } from './events.js';
import type { RecentSegments } from './recent-segments.js';
import type { Story } from './story.js';
import { stateOf } from './state.js';

/** Linux lets pass what is one tick older (close-rules 5.2): then it is no rejection. */
const SLACK_TICKS = 1;
/** No more of a connection's duplicates than this are looked up. */
const MAX_LOOKUPS = 32;

interface Watcher {
  readonly table: ConnectionTable;
  readonly recent: RecentSegments;
  story(slot: number): Story;
}

/**
 * An ACK of end `end` that does not move, with a SACK block below its ACK field: its sender has got octets twice (D-SACK,
 * RFC 2883 §4). Where these octets passed the tap once only, with a TSval that is before the TS.Recent which this ACK
 * echoes, a copy made behind the tap came late and failed PAWS there (RFC 7323 §5.3 R1).
 *
 * Quiet where their sender has sent anything again, or the capture has gaps: it may have been a retransmission then.
 */
export function watchDuplicateSack(
  watcher: Watcher,
  slot: number,
  end: number,
  batch: SegmentBatch,
  row: number,
  capture: number,
  listener: FlowListener,
): void {
  const { table } = watcher;
  const at = table.at(slot);
  const mine = at + endOffset(end);
  const theirs = at + endOffset(1 - end);
  const left = batch.sackLeft[row]!;
  const right = batch.sackRight[row]!;
  const ack = batch.ack[row]!;
  const pure = batch.payloadLen[row] === 0 && (batch.flags[row]! & (TcpFlag.SYN | TcpFlag.FIN)) === 0;
  if (!pure || !serialAtMost(right, ack) || serialDiff(right, left) <= 0) return;
  if ((batch.options[row]! & SegmentOption.TIMESTAMP) === 0 || batch.tsecr[row] === 0) return;
  const flags = table.i32[mine + End.FLAGS]! | table.i32[theirs + End.FLAGS]!;
  if ((flags & (EndFlag.SYN_NO_TIMESTAMP | EndFlag.ACKED_UNSEEN | EndFlag.HOLES)) !== 0) return;
  if (table.i32[theirs + End.RETRANSMISSIONS] !== 0) return;

  const story = watcher.story(slot);
  if (story.duplicateSacks >= MAX_LOOKUPS || story.pawsOpen.length > 0) return;
  story.duplicateSacks++;
  const tsval = watcher.recent.tsvalOfOnly(left, right, batch, row);
  const tsRecent = batch.tsecr[row]!;
  if (tsval < 0 || serialDiff(tsRecent, tsval) <= SLACK_TICKS) return;
  story.pawsCount++;
  listener.onPaws(slot, {
    end: 1 - end,
    fails: true,
    ofEarlier: false,
    isRepeated: true,
    maybeGone: false,
    rivals: [],
    frame: 0,
    capture,
    ns: batch.timeNs[row]!,
    seq: left,
    len: serialDiff(right, left),
    seqEnd: right,
    ack: 0,
    flags: TcpFlag.ACK,
    tsval,
    tsRecent,
    tsRecentFrame: batch.frame[row]!,
    clockHz: clockRate(table, at, theirs),
    idleNs: 0,
    receiverAck: ack,
    senderAck: -1,
    movesWindow: false,
    state: stateOf(table, slot, end),
    answerUntilNs: batch.timeNs[row]!,
    answerFrame: batch.frame[row]!,
    answerCapture: capture,
    answerNs: batch.timeNs[row]!,
    isAnswerLate: false,
    resent: false,
    acknowledged: false,
    stalled: false,
    taken: false,
    takenFrame: 0,
    takenCapture: 0,
    takenNs: NaN,
  });
}
