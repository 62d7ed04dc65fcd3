/** Which of the segments that may have drawn it an ACK without progress answers (close-rules 5.5, b1). */
import { SegmentOption, TcpFlag } from '../segment/segment-batch.js';
import { serialAtLeast, serialAtMost, serialDiff } from '../wire/serial.js';
import { ConnectionFlag, Head, type ConnectionTable } from './connection-table.js';
import type { Segment } from './segment.js';
import type { PawsCandidate, Story } from './story.js';

/** Answers come later or sooner than the handshake tells by this, ns, or by half of what it tells. */
const JITTER_NS = 1e6;
/** An answer comes at once: later than this, ns, it is likelier to be to something else. */
const LATE_NS = 20e6;
/** Linux lets a segment pass that is one tick older (close-rules 5.2). */
const SLACK_TICKS = 1;

/** Whether a segment is an ACK and nothing else. */
export function isUnmovedAck(segment: Segment): boolean {
  const flags = segment.flags & (TcpFlag.SYN | TcpFlag.FIN | TcpFlag.RST | TcpFlag.ACK);
  return flags === TcpFlag.ACK && segment.len === 0;
}

/**
 * Gives an ACK of the receiver to one of the open segments. Data is answered each time, SYNs and ACKs once in 500 ms or
 * never (Linux: tcp_oow_rate_limited, PAWSOldAck), so data comes first, in its order; of the others the one whose answer is
 * due by the round trip to the receiver, as the handshake showed it. Those that it may as well answer are its rivals. A D-SACK
 * (RFC 2883 §4) names the one.
 */
export function takeAnswer(table: ConnectionTable, slot: number, story: Story, segment: Segment): void {
  const named = isDuplicateSack(segment);
  const open = story.pawsOpen.filter(
    (c) => c.end !== segment.end && c.answerFrame === 0 && mayAnswer(c, segment) && (!named || names(c, segment)),
  );
  if (open.length === 0) return;
  const delayNs = answerDelayNs(table, table.at(slot), segment.end);
  // Negative: sooner than the handshake tells, for a busy host answers a SYN later than the rest.
  const late = (c: PawsCandidate): number => segment.ns - c.ns - (Number.isNaN(delayNs) ? 0 : delayNs);
  const nearest = open.reduce((best, c) => (Math.abs(late(c)) <= Math.abs(late(best)) ? c : best));
  // Where nobody knows how long the answer takes, it may be to any.
  const slackNs = Number.isNaN(delayNs) ? Infinity : Math.max(JITTER_NS, delayNs / 2);
  const plausible = open.filter((c) => late(c) - Math.abs(late(nearest)) <= slackNs);
  const answered = plausible.find(isAlwaysAnswered) ?? nearest;
  answered.answerFrame = segment.frame;
  answered.answerCapture = segment.capture;
  answered.answerNs = segment.ns;
  // Where nobody knows how long it takes, only what comes at once is surely no answer to something else.
  const isLate = late(answered) > (Number.isNaN(delayNs) ? JITTER_NS : Math.max(LATE_NS, slackNs));
  answered.isAnswerLate = !named && isLate;
  const isSure = isAlwaysAnswered(answered);
  answered.rivals = plausible.filter((c) => c !== answered && (!isSure || isAlwaysAnswered(c)));
  if ((segment.options & SegmentOption.TIMESTAMP) !== 0) learnEcho(story, answered, segment.tsecr);
}

/** Data or a FIN: no limit holds for answers to these. */
const isAlwaysAnswered = (c: PawsCandidate): boolean => c.seqEnd !== c.seq && (c.flags & TcpFlag.SYN) === 0;

/** The answer's echo is TS.Recent as it was when the segment came: it may be newer than what was known. */
function learnEcho(story: Story, answered: PawsCandidate, echo: number): void {
  if (!answered.fails) {
    // A SYN is answered whatever its timestamp says.
    if ((answered.flags & TcpFlag.SYN) !== 0 || serialDiff(echo, answered.tsval) <= SLACK_TICKS) return;
    answered.fails = true;
    story.pawsCount++;
  }
  if (echo === answered.tsRecent) return;
  answered.tsRecent = echo;
  answered.tsRecentFrame = answered.answerFrame;
}

function mayAnswer(c: PawsCandidate, segment: Segment): boolean {
  if (segment.ns > c.answerUntilNs) return false;
  if (segment.ack !== c.receiverAck && !names(c, segment)) return false;
  return (segment.options & SegmentOption.TIMESTAMP) === 0 || serialAtLeast(segment.tsecr, c.tsRecent);
}

/** Whether its first block is of octets that had been acknowledged. */
function isDuplicateSack(segment: Segment): boolean {
  return (segment.options & SegmentOption.SACK) !== 0 && serialAtMost(segment.sackRight, segment.ack);
}

/** Whether it says that the segment's octets, or those of them that had been acknowledged, came once more. */
function names(c: PawsCandidate, segment: Segment): boolean {
  if (!isDuplicateSack(segment) || segment.sackLeft !== c.seq || c.seqEnd === c.seq) return false;
  if (c.receiverAck >= 0 && serialDiff(c.seq, c.receiverAck) >= 0 && !c.ofEarlier) return false; // nothing of it was old
  return segment.sackRight === c.seqEnd || segment.sackRight === segment.ack;
}

/** Time from the tap to that end and back, as the handshake shows it, ns; NaN: not known. */
export function answerDelayNs({ i32, f64 }: ConnectionTable, at: number, end: number): number {
  const flags = i32[at + Head.FLAGS]!;
  if ((flags & ConnectionFlag.RTT_KNOWN) === 0) return NaN;
  const toServer = f64[(at + Head.SYN_ACK_NS) >> 1]! - f64[(at + Head.FIRST_NS) >> 1]!;
  const isClient = (end === 1) === ((flags & ConnectionFlag.CLIENT_HIGH) !== 0);
  return isClient ? f64[(at + Head.RTT) >> 1]! - toServer : toServer;
}
