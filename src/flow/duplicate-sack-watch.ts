import { SegmentOption, TcpFlag } from '../segment/segment-batch.js';
import { serialAtMost, serialDiff } from '../wire/serial.js';
import { clockRate } from './clock-rate.js';
import { End, EndFlag, endOffset } from './connection-table.js';
import type { Follower } from './follower.js';
import type { Segment } from './segment.js';
import { stateOf } from './state.js';

/** Linux lets pass what is one tick older (close-rules 5.2): then it is no rejection. */
const SLACK_TICKS = 1;
/** No more of a connection's duplicates than this are looked up. */
const MAX_LOOKUPS = 32;

/**
 * An ACK that does not move, with a SACK block below its ACK field: its sender has got octets twice (D-SACK,
 * RFC 2883 §4). Where these octets passed the tap once only, with a TSval that is before the TS.Recent which this ACK
 * echoes, a copy made behind the tap came late and failed PAWS there (RFC 7323 §5.3 R1).
 *
 * Quiet where their sender has sent anything again, or the capture has gaps: it may have been a retransmission then.
 */
export function watchDuplicateSack(tracker: Follower, slot: number, segment: Segment): void {
  const { table } = tracker;
  const at = table.at(slot);
  const mine = at + endOffset(segment.end);
  const theirs = at + endOffset(1 - segment.end);
  const left = segment.sackLeft;
  const right = segment.sackRight;
  const { ack } = segment;
  const pure = segment.len === 0 && (segment.flags & (TcpFlag.SYN | TcpFlag.FIN)) === 0;
  if (!pure || !serialAtMost(right, ack) || serialDiff(right, left) <= 0) return;
  if ((segment.options & SegmentOption.TIMESTAMP) === 0 || segment.tsecr === 0) return;
  const flags = table.i32[mine + End.FLAGS]! | table.i32[theirs + End.FLAGS]!;
  if ((flags & (EndFlag.SYN_NO_TIMESTAMP | EndFlag.ACKED_UNSEEN | EndFlag.HOLES)) !== 0) return;
  if (table.i32[theirs + End.RETRANSMISSIONS] !== 0) return;

  const story = tracker.story(slot);
  if (story.duplicateSacks >= MAX_LOOKUPS || story.pawsOpen.length > 0) return;
  story.duplicateSacks++;
  const tsval = tracker.recent.tsvalOfOnly(left, right, segment.batch, segment.row);
  const tsRecent = segment.tsecr;
  if (tsval < 0 || serialDiff(tsRecent, tsval) <= SLACK_TICKS) return;
  story.pawsCount++;
  tracker.listener.onPaws(slot, {
    end: 1 - segment.end,
    fails: true,
    ofEarlier: false,
    isRepeated: true,
    maybeGone: false,
    rivals: [],
    frame: 0,
    capture: segment.capture,
    ns: segment.ns,
    seq: left,
    len: serialDiff(right, left),
    seqEnd: right,
    ack: 0,
    flags: TcpFlag.ACK,
    tsval,
    tsRecent,
    tsRecentFrame: segment.frame,
    clockHz: clockRate(table, at, theirs),
    idleNs: 0,
    receiverAck: ack,
    senderAck: -1,
    movesWindow: false,
    state: stateOf(table, slot, segment.end),
    answerUntilNs: segment.ns,
    answerFrame: segment.frame,
    answerCapture: segment.capture,
    answerNs: segment.ns,
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
