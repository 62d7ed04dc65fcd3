import { EndFlag } from '../flow/connection-table.js';
import type { ConnectionView } from '../flow/connection-view.js';
import { bringsNew } from '../flow/paws-watch.js';
import { PAWS_BITS, PAWS_ROW } from '../flow/row-layout.js';
import type { RowSink } from '../flow/row-sink.js';
import type { PawsCandidate, Story } from '../flow/story.js';
import { CONFIDENCES, PAWS_IMPACTS, PAWS_OUTCOMES, SIDES, STATES, type Confidence } from '../flow/vocabulary.js';
import { TcpFlag } from '../segment/segment-batch.js';
import { serialDiff } from '../wire/serial.js';
import { judgeClose } from './closes/close-verdict.js';
import type { Detector, DetectorContext, DetectorMeta, Handlers } from './detector.js';
import type { FindingsOfOne, NewFinding } from './findings.js';
import { outlivedResetFinding } from './resets/outlived-reset.js';
import { RowWriter, bitsOf, codeOf } from './rows/row-writer.js';
import { strangeEchoFinding } from './strange-echo.js';

const meta: DetectorMeta = {
  id: 'paws-rejection',
  summary: 'Segments whose timestamp is before the one that their receiver had: PAWS rejects them',
  references: ['RFC 7323 §3.2', 'RFC 7323 §5.3', 'RFC 7323 §5.5', 'RFC 5961 §4.2', 'Linux tcp_paws_check'],
  findings: {
    'segment-rejected': 'A segment with new data, or a FIN, was rejected by PAWS',
    'strange-echo':
      'A SYN-ACK, or the ACK of one, echoed a timestamp that the other end cannot have sent: Linux does not take it',
  },
  explanation: `
A segment is rejected where its TSval is before TS.Recent of its receiver. TS.Recent is not guessed from what was sent: the
receiver's own segments disclose it in TSecr, and a segment that passes the tap after such an echo reaches the receiver
after it, too. A rejection is answered with an ACK of unchanged numbers.

A SYN counts where it meets TIME_WAIT. On a living connection it is answered with a challenge ACK (RFC 5961 §4.2), and
Linux sends that whatever the timestamp says: the answer would look like a rejection by PAWS and be none, so such a SYN has
no row here. It is a connection of its own, 'unanswered' until its sender has reset the old one.

An old duplicate that comes when a later connection has been accepted on its four-tuple meets that one: the row is there, and
the duplicate is told of with its own connection ('delayed-duplicate'). Where the receiver may have no connection any more
(TIME_WAIT that a reset has hit or whose time is over, an end that closed second), there is a row only if it answers.

Where several segments may have drawn the one ACK, data comes before ACKs, for Linux answers these once in 500 ms or not at
all, and what the round trip makes likely before the rest; if any other may have it as well, the confidence is weak.

A timestamp in a handshake is strange where no clock can have come so far since the SYN or SYN-ACK that it should echo
(one tick a microsecond), or where it is 2^27 ticks or more behind. A device that rewrites the timestamps of one direction
only looks the same.

What else can look the same: reordering, capture copies and one tick of slack (Linux), which is why the outcome tells what
the receiver did, and 'would-reject' says that the capture does not show it.`,
};

export const pawsRejection: Detector = {
  meta,
  create: (context, findings) => new PawsRejections(context, findings),
};

class PawsRejections implements Handlers {
  readonly #context: DetectorContext;
  readonly #findings: FindingsOfOne;
  readonly #rows: PawsRows;

  constructor(context: DetectorContext, findings: FindingsOfOne) {
    this.#context = context;
    this.#findings = findings;
    this.#rows = new PawsRows(context.sink);
  }

  onPaws(c: ConnectionView, candidate: PawsCandidate): void {
    const { clockStepped, name } = this.#context;
    const { end } = candidate;
    const isUnsure = clockStepped || c.client.has(EndFlag.ACKED_UNSEEN) || c.server.has(EndFlag.ACKED_UNSEEN);
    const verdict = judgePaws(candidate, this.#tapIsAt(c, 1 - end), isUnsure);
    this.#rows.write(c, candidate, verdict);
    this.#findings.report(pawsFinding(c.id, candidate, verdict, name(c, end), name(c, 1 - end)));
  }

  onStoryLeaves(c: ConnectionView, story: Story): void {
    const echo = story.strangeEcho;
    if (echo === null) return;
    const name = (end: number): string => this.#context.name(c, end);
    const { ending } = judgeClose(c, story, this.#context.now);
    const isToldAsReset = ending === null && outlivedResetFinding(c, story, name)?.kind === 'syn-ack-turned-down';
    if (!isToldAsReset) this.#findings.report(strangeEchoFinding(c, echo, name));
  }

  /** Whether most handshakes say that the tap was at the side of that end (close-rules 9.1). */
  #tapIsAt(c: ConnectionView, end: number): boolean {
    return this.#context.vantage === (end === c.client.index ? 'client' : 'server');
  }
}

type Outcome = (typeof PAWS_OUTCOMES)[number];
type Impact = (typeof PAWS_IMPACTS)[number];

export interface PawsVerdict {
  readonly outcome: Outcome;
  readonly impact: Impact;
  readonly confidence: Confidence;
}

/** Linux lets a segment pass that is one tick older (close-rules 5.2); in TIME_WAIT none. */
const LINUX_SLACK_TICKS = 1;
/** Linux' replay window for disordered ACKs: an RTO of at least 200 ms, at up to 1200 ticks a second. */
const REPLAY_WINDOW_TICKS = 240;

/** After so long a silence Linux since 6.7 takes any timestamp (TCP_PAWS_WRAP), ns; RFC 7323 §5.5 says 24 days. */
const LINUX_INVALID_NS = 2147e9;

/**
 * What the receiver did with a segment that fails PAWS; close-rules 5.5. `atReceiver`: the tap was there. `flawed`: segments
 * are missing from the connection, or the recording's clock went back, and the answer may be to something else.
 */
function judgePaws(c: PawsCandidate, atReceiver: boolean, flawed: boolean): PawsVerdict {
  const impact = impactOf(c);
  // What was taken was not lost.
  const harmless = impact === 'handshake' ? impact : 'harmless-old-duplicate';
  if (c.taken) return { outcome: 'accepted', impact: harmless, confidence: sureOfTaking(c) };
  if (c.answerFrame !== 0 && !isSlack(c)) {
    return { outcome: 'rejected-dup-ack', impact, confidence: sureOfRejection(c, atReceiver, flawed) };
  }
  if (mayPass(c)) return { outcome: 'accepted', impact: harmless, confidence: 'weak' };
  if (c.resent) return { outcome: atReceiver ? 'rejected-silent' : 'would-reject', impact, confidence: 'likely' };
  return { outcome: 'would-reject', impact, confidence: c.idleNs > LINUX_INVALID_NS ? 'weak' : 'likely' };
}

/**
 * How sure it is that what was taken had failed. A SYN on TIME_WAIT is taken by stacks that look at its number alone; with a
 * lower one by none (close-rules 4.5), and then TIME_WAIT may have been gone, and TS.Recent with it.
 */
function sureOfTaking(c: PawsCandidate): Confidence {
  if ((c.flags & TcpFlag.SYN) === 0) return 'strong';
  return c.receiverAck >= 0 && serialDiff(c.seq, c.receiverAck) > 0 ? 'likely' : 'weak';
}

/** How sure it is that the ACK without progress is the answer to it. */
function sureOfRejection(c: PawsCandidate, atReceiver: boolean, flawed: boolean): Confidence {
  if (c.isAnswerLate || isContested(c)) return c.resent ? 'likely' : 'weak';
  if (!c.resent) return 'likely';
  return c.acknowledged && atReceiver && !flawed ? 'certain' : 'strong';
}

/** Whether its answer may as well be that of another segment, which got none. */
const isContested = (c: PawsCandidate): boolean => c.rivals.some((rival) => rival.answerFrame === 0);

/** Linux takes it, and whoever takes it answers, too, where it is an old copy, or others came out of order. */
function isSlack(c: PawsCandidate): boolean {
  return c.state !== 'TIME_WAIT' && !c.ofEarlier && !c.resent && serialDiff(c.tsRecent, c.tsval) <= LINUX_SLACK_TICKS;
}

/** Whether Linux would let it pass all the same, and nothing speaks against that. */
function mayPass(c: PawsCandidate): boolean {
  // What has the numbers of an earlier connection is refused for these, if not for its timestamp.
  if (c.state === 'TIME_WAIT' || c.ofEarlier) return false;
  const ticks = serialDiff(c.tsRecent, c.tsval);
  if (ticks <= LINUX_SLACK_TICKS) return true;
  // An ACK that repeats what is already known, its window too, a little late: tcp_disordered_ack_check.
  const pureAck = c.seq === c.seqEnd && (c.flags & TcpFlag.RST) === 0 && !c.movesWindow;
  return pureAck && c.seq === c.receiverAck && c.ack === c.senderAck && ticks <= REPLAY_WINDOW_TICKS;
}

function impactOf(c: PawsCandidate): Impact {
  if (c.ofEarlier) return 'harmless-old-duplicate';
  if ((c.flags & TcpFlag.SYN) !== 0 || c.state === 'SYN_RECEIVED') return 'handshake';
  if (c.stalled) return 'stall';
  return bringsNew(c) && (!c.isRepeated || c.resent) ? 'lost-new-data' : 'harmless-old-duplicate';
}

/** Writes the rows of `paws_rejections`. */
class PawsRows {
  readonly #row: RowWriter;
  #nextId = 1;

  constructor(sink: RowSink) {
    this.#row = new RowWriter(sink.rows(PAWS_ROW));
  }

  write(connection: ConnectionView, c: PawsCandidate, verdict: PawsVerdict): void {
    const B = PAWS_BITS;
    const answered = c.answerFrame !== 0 && verdict.outcome !== 'accepted';
    this.#row
      .put(this.#nextId++)
      .put(connection.id)
      .putAt(c.capture, c.frame)
      .putNs(c.ns)
      .put(c.seq)
      .put(c.len)
      .put(c.flags)
      .put(c.tsval)
      .put(c.tsRecent)
      .putNs((serialDiff(c.tsRecent, c.tsval) / c.clockHz) * 1e9)
      .put(
        bitsOf(B.sender, codeOf(SIDES, c.end === connection.client.index ? 'client' : 'server')) |
          bitsOf(B.state, codeOf(STATES, c.state)) |
          bitsOf(B.outcome, codeOf(PAWS_OUTCOMES, verdict.outcome)) |
          bitsOf(B.impact, codeOf(PAWS_IMPACTS, verdict.impact)) |
          bitsOf(B.confidence, codeOf(CONFIDENCES, verdict.confidence)) |
          bitsOf(B.of_earlier, c.ofEarlier ? 1 : 0) |
          bitsOf(B.contested, answered && isContested(c) ? 1 : 0) |
          bitsOf(B.late_answer, answered && c.isAnswerLate ? 1 : 0),
      )
      .putAt(answered ? c.answerCapture : c.takenCapture, answered ? c.answerFrame : c.takenFrame)
      .putNs(answered ? c.answerNs : c.takenNs)
      .putAt(isShownByAnswer(c) ? c.answerCapture || c.capture : c.capture, c.tsRecentFrame)
      .commit();
  }
}

/** Whether TS.Recent is known from the answer to the segment, not from before it. */
const isShownByAnswer = (c: PawsCandidate): boolean => c.answerFrame !== 0 && c.tsRecentFrame === c.answerFrame;

/** What to tell of a rejected segment; null where nothing was lost. */
function pawsFinding(
  connectionId: number,
  c: PawsCandidate,
  verdict: PawsVerdict,
  from: string,
  to: string,
): NewFinding | null {
  const rejected = verdict.outcome === 'rejected-dup-ack' || verdict.outcome === 'rejected-silent';
  if (!rejected || (verdict.impact !== 'lost-new-data' && verdict.impact !== 'stall')) return null;
  const ticks = serialDiff(c.tsRecent, c.tsval);
  return {
    kind: 'segment-rejected',
    severity: 'warning',
    confidence: verdict.confidence,
    connectionId,
    captureId: c.capture,
    frame: c.frame,
    atRel: c.ns,
    summary: `${to} rejected a segment of ${from} (frame ${c.frame}): its timestamp ${c.tsval} is ${ticks} ticks${Number.isNaN(c.clockHz) ? '' : `, ${(ticks / c.clockHz).toFixed(3)} s by its clock,`} before ${c.tsRecent}, which ${to} ${isShownByAnswer(c) ? 'echoes in its answer,' : 'had echoed in'} frame ${c.tsRecentFrame}.`,
    evidence: {
      frame: c.frame,
      tsval: c.tsval,
      ts_recent: c.tsRecent,
      clock_hz: Number.isNaN(c.clockHz) ? null : c.clockHz,
      echo_frame: c.tsRecentFrame,
      answer_frame: c.answerFrame || null,
    },
  };
}
