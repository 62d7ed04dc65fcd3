import { ConnectionFlag } from '../flow/connection-table.js';
import type { ConnectionView } from '../flow/connection-view.js';
import { TIME_WAIT_SYN_BITS, TIME_WAIT_SYN_ROW } from '../flow/row-layout.js';
import type { RowSink } from '../flow/row-sink.js';
import type { TimeWaitSyn } from '../flow/story.js';
import {
  CONFIDENCES,
  ISN_RELATIONS,
  SIDES,
  STACK_VERDICTS,
  TIME_WAIT_OUTCOMES,
  TS_RELATIONS,
  type Confidence,
  type StackVerdict,
} from '../flow/vocabulary.js';
import { serialAdd, serialDiff } from '../wire/serial.js';
import { judgeClose } from './closes/close-verdict.js';
import type { Detector, DetectorContext, DetectorMeta, Handlers } from './detector.js';
import type { FindingsOfOne, NewFinding } from './findings.js';
import { counted } from './numbers.js';
import { RowWriter, bitsOf, codeOf } from './rows/row-writer.js';
import * as stacks from './stack-rules.js';

const meta: DetectorMeta = {
  id: 'time-wait-syn',
  summary:
    'SYNs that met a four-tuple in TIME_WAIT: number and timestamp against the old ones, and what the other end did',
  references: ['RFC 9293 §3.10.7.4', 'RFC 6191 §2', 'RFC 5961 §4.2', 'Linux tcp_timewait_state_process'],
  findings: {
    'syn-challenged': 'A SYN on TIME_WAIT was answered with an ACK of the old connection, and not accepted',
    'syn-delayed': 'A SYN on TIME_WAIT was accepted only after a challenge and a reset, or a repetition',
    'syn-unanswered': 'A SYN on TIME_WAIT got no answer that this capture shows',
    'syn-reset': 'A SYN on TIME_WAIT was answered with a reset',
  },
  explanation: `
The end that closed first keeps its socket in TIME_WAIT (60 s on Linux). A SYN for the same addresses and ports may be
accepted at once, challenged with an ACK of the old numbers, or dropped, by rules that differ: Linux wants a higher
initial sequence number or a later timestamp, and never an earlier timestamp; FreeBSD and gVisor look at the number
alone; RFC 6191 looks at the timestamp first. The row says what each would do.

The outcome is no surer than who closed first, for that says who holds TIME_WAIT, and at most likely where the recording's
clock went back; Linux' own initial number (65537 above the old one) proves TIME_WAIT in any case.

What else can look the same: an end in LAST_ACK or CLOSE_WAIT challenges a SYN just so (no row is made then), and a SYN
without an answer may have been lost on its way. Where another SYN on the same TIME_WAIT was challenged less than 500 ms
before, that may be Linux' limit on such answers (tcp_invalid_ratelimit).`,
};

export const timeWaitSyn: Detector = {
  meta,
  create: (context, findings) => new TimeWaitSyns(context, findings),
};

class TimeWaitSyns implements Handlers {
  readonly #context: DetectorContext;
  readonly #findings: FindingsOfOne;
  readonly #rows: TimeWaitSynRows;

  constructor(context: DetectorContext, findings: FindingsOfOne) {
    this.#context = context;
    this.#findings = findings;
    this.#rows = new TimeWaitSynRows(context.sink);
  }

  onTimeWaitSyn(c: ConnectionView, syn: TimeWaitSyn): void {
    const { clockStepped, name } = this.#context;
    const verdict = judgeTimeWaitSyn(syn, clockStepped, this.#sureOfClose(c, syn.previousId));
    this.#rows.write(syn, verdict);
    this.#findings.report(timeWaitSynFinding(syn, verdict, name(c, syn.end), name(c, 1 - syn.end)));
  }

  /**
   * How sure it is who closed the connection before, with that id, and so who holds TIME_WAIT. Once that one has left
   * memory nobody can look again, and of one that something else than FINs is said to have ended they do not tell: likely
   * at most.
   */
  #sureOfClose(c: ConnectionView, previousId: number): Confidence {
    const older = this.#context.before(c);
    if (older?.id !== previousId) return 'likely';
    if (older.has(ConnectionFlag.ACKS_LEFT_OUT)) return 'likely'; // the ACK of the last FIN is only assumed
    const close = judgeClose(older, this.#context.storyOf(older), this.#context.now);
    return close.close === 'fin' || close.close === 'fin-then-rst' ? close.confidence : 'likely';
  }
}

/** Linux answers one bad segment for a TIME_WAIT in so long (tcp_invalid_ratelimit), ms. */
const RATE_LIMIT_MS = 500;

type Outcome = (typeof TIME_WAIT_OUTCOMES)[number];

/** Linux starts 65537 above the old number when it reopens or reuses TIME_WAIT (close-rules 4.3, 4.7). */
const LINUX_ISN_STEP = 65537;

export interface TimeWaitSynVerdict {
  readonly outcome: Outcome;
  readonly confidence: Confidence;
  readonly answerCapture: number;
  /** 0: none. */
  readonly answerFrame: number;
  /** NaN: none. */
  readonly answerNs: number;
  readonly linuxIsn: boolean;
}

/**
 * What became of the SYN, from the frames alone; close-rules 4.6. `clockStepped`: the recording's time went back at some
 * place, so that nobody knows how long TIME_WAIT had lasted. `close`: how sure it is who closed first, and so who holds
 * TIME_WAIT. Linux' own number shows TIME_WAIT whatever else is missing.
 */
function judgeTimeWaitSyn(syn: TimeWaitSyn, clockStepped: boolean, close: Confidence): TimeWaitSynVerdict {
  const verdict = judgeByFrames(syn);
  if (verdict.linuxIsn) return verdict;
  const levels = [verdict.confidence, clockStepped ? 'likely' : 'certain', close === 'unknown' ? 'weak' : close];
  const least = Math.min(...levels.map((level) => CONFIDENCES.indexOf(level as Confidence)));
  return { ...verdict, confidence: CONFIDENCES[least]! };
}

function judgeByFrames(syn: TimeWaitSyn): TimeWaitSynVerdict {
  if (syn.synAckFrame !== 0) {
    const linuxIsn = syn.receiverHolds && syn.synAckIsn === serialAdd(syn.holderFinalSeq, LINUX_ISN_STEP);
    // The fingerprint shows that TIME_WAIT was alive, whatever resets came before.
    const cleared = !linuxIsn && (syn.afterReset || syn.resetBefore);
    return {
      outcome: cleared ? 'accepted-after-rst' : 'accepted',
      confidence: linuxIsn ? 'certain' : cleared ? sureOfReset(syn) : sureOfNoReset(syn),
      answerCapture: syn.synAckCapture,
      answerFrame: syn.synAckFrame,
      answerNs: syn.synAckNs,
      linuxIsn,
    };
  }
  if (syn.actedFrame !== 0) {
    const cleared = syn.afterReset || syn.resetBefore;
    return answered(
      cleared ? 'accepted-after-rst' : 'accepted',
      'likely',
      syn.actedCapture,
      syn.actedFrame,
      syn.actedNs,
    );
  }
  if (syn.refusedFrame !== 0) {
    return answered('reset', 'certain', syn.refusedCapture, syn.refusedFrame, syn.refusedNs);
  }
  if (syn.challengeFrame !== 0) {
    return answered('challenged', 'strong', syn.challengeCapture, syn.challengeFrame, syn.challengeNs);
  }
  return answered('unanswered', syn.acksLeftOut ? 'weak' : 'likely', 0, 0, NaN);
}

/**
 * How sure it is that no reset made way for a SYN that was accepted. After a challenge only a reset does, or, on Linux with
 * its own ISN, a later timestamp; where the first copy got nothing, a challenge and a reset may not have been captured.
 */
function sureOfNoReset(syn: TimeWaitSyn): Confidence {
  if (syn.challengeFrame !== 0 || syn.clientResetFrame !== 0 || !mayReopen(syn)) return 'likely';
  return syn.copies > 1 ? 'strong' : 'certain';
}

/**
 * How sure it is that a reset made way: where the SYN might have been accepted without, some stacks ignore that reset. Where
 * TIME_WAIT outlived resets before (tcp_rfc1337), it may have ended by itself while the SYN was repeated.
 */
function sureOfReset(syn: TimeWaitSyn): Confidence {
  if (syn.outlivedResets > 0) return syn.clientResets > syn.outlivedResets ? 'likely' : 'weak';
  return syn.challengeFrame !== 0 || !mayReopen(syn) ? 'certain' : 'likely';
}

/** Whether some stack would let it reopen TIME_WAIT: by number or by timestamp. Where none would, TIME_WAIT was gone (close-rules 4.6). */
function mayReopen(syn: TimeWaitSyn): boolean {
  const isn = isnRelation(syn);
  const timestamp = tsRelation(syn);
  return isn === 'higher' || isn === 'ambiguous' || timestamp === 'higher' || timestamp === null;
}

/**
 * Resets of the SYN's sender with the right number that TIME_WAIT outlived, for it challenged a SYN after them: with
 * tcp_rfc1337 a Linux host does so (RFC 1337), or they never arrived.
 */
function outlivedResets(syn: TimeWaitSyn, { outcome }: TimeWaitSynVerdict): number {
  return syn.outlivedResets + (syn.resetBefore && outcome === 'challenged' ? 1 : 0);
}

function answered(
  outcome: Outcome,
  confidence: Confidence,
  answerCapture: number,
  answerFrame: number,
  answerNs: number,
): TimeWaitSynVerdict {
  return { outcome, confidence, answerCapture, answerFrame, answerNs, linuxIsn: false };
}

/** Writes the rows of `time_wait_syns`. */
class TimeWaitSynRows {
  readonly #row: RowWriter;
  #nextId = 1;

  constructor(sink: RowSink) {
    this.#row = new RowWriter(sink.rows(TIME_WAIT_SYN_ROW));
  }

  write(syn: TimeWaitSyn, verdict: TimeWaitSynVerdict): void {
    this.#row
      .put(this.#nextId++)
      .put(syn.id)
      .put(syn.previousId)
      .putAt(syn.capture, syn.frame)
      .putNs(syn.ns)
      .putNs(Math.max(0, syn.elapsedNs))
      .put(syn.isn)
      .put(syn.previousFinalSeq)
      .put(syn.hasTimestamp ? syn.tsval : -1)
      .put(syn.previousTsval)
      .put(syn.copies)
      .putNs(Math.max(0, syn.synAckNs - syn.ns))
      .put(bits(syn, verdict))
      .putAt(verdict.answerCapture, verdict.answerFrame)
      .putNs(verdict.answerNs)
      .put(outlivedResets(syn, verdict))
      .commit();
  }
}

function bits(syn: TimeWaitSyn, verdict: TimeWaitSynVerdict): number {
  const B = TIME_WAIT_SYN_BITS;
  const holder = syn.receiverHolds ? (syn.senderHolds ? 'both' : 'server') : 'client';
  const reuse =
    syn.senderHolds &&
    (syn.isn === serialAdd(syn.previousFinalSeq, LINUX_ISN_STEP) || (syn.hasTimestamp && syn.tsecr !== 0));
  const perhaps = tsRecents(syn).map((tsRecent) => ({
    isn: syn.isn,
    finalSeq: syn.previousFinalSeq,
    tsval: syn.hasTimestamp ? syn.tsval : null,
    tsRecent,
    window: syn.holderWindow,
  }));
  const says = (rule: (s: stacks.SynOnTimeWait) => StackVerdict): number => {
    const said = new Set(perhaps.map(rule));
    return syn.receiverHolds && said.size === 1 ? codeOf(STACK_VERDICTS, [...said][0]!) : 0;
  };
  // Rules that look at timestamps cannot be applied where their octets were cut off.
  const saysByTimestamp = (rule: (s: stacks.SynOnTimeWait) => StackVerdict): number =>
    syn.timestampsUnknown ? 0 : says(rule);
  return (
    bitsOf(B.outcome, codeOf(TIME_WAIT_OUTCOMES, verdict.outcome)) |
    bitsOf(B.confidence, codeOf(CONFIDENCES, verdict.confidence)) |
    bitsOf(B.isn_relation, codeOf(ISN_RELATIONS, isnRelation(syn))) |
    bitsOf(B.ts_relation, codeOf(TS_RELATIONS, tsRelation(syn))) |
    bitsOf(B.holder, codeOf(SIDES, holder)) |
    bitsOf(B.linux_isn, verdict.linuxIsn ? 1 : 0) |
    bitsOf(B.client_reuse, reuse ? 1 : 0) |
    bitsOf(B.rfc1122, says(stacks.rfc1122)) |
    bitsOf(B.rfc6191, saysByTimestamp(stacks.rfc6191)) |
    bitsOf(B.linux, saysByTimestamp(stacks.linux)) |
    bitsOf(B.freebsd, says(stacks.freebsd)) |
    bitsOf(B.openbsd, saysByTimestamp(stacks.openbsd)) |
    bitsOf(B.macos, saysByTimestamp(stacks.macos)) |
    bitsOf(B.gvisor, says(stacks.gvisor)) |
    bitsOf(B.windows, says(stacks.windows))
  );
}

/**
 * What TS.Recent of the holder may be; null: it has none. A timestamp later than the last that it echoed has become
 * TS.Recent or not: in TIME_WAIT Linux takes that of an ACK, and not that of data or of a copy of the FIN.
 */
function tsRecents({ oldTimestamps, previousTsval, echoedTsval }: TimeWaitSyn): (number | null)[] {
  if (!oldTimestamps || previousTsval < 0) return [null];
  if (echoedTsval < 0) return [previousTsval];
  return serialDiff(previousTsval, echoedTsval) > 0 ? [echoedTsval, previousTsval] : [echoedTsval];
}

function isnRelation(syn: TimeWaitSyn): (typeof ISN_RELATIONS)[number] {
  const delta = serialDiff(syn.isn, syn.previousFinalSeq);
  if (delta === -(2 ** 31)) return 'ambiguous';
  return delta > 0 ? 'higher' : delta < 0 ? 'lower' : 'equal';
}

function tsRelation(syn: TimeWaitSyn): (typeof TS_RELATIONS)[number] {
  if (syn.timestampsUnknown) return null;
  if (!syn.hasTimestamp || syn.previousTsval < 0) return 'absent';
  const delta = serialDiff(syn.tsval, syn.previousTsval);
  return delta > 0 ? 'higher' : delta < 0 ? 'lower' : 'equal';
}

/** A duration in ns; less than a millisecond would be `0.000 s`. */
const spoken = (ns: number): string => (ns < 1e6 ? `${Math.round(ns / 1e3)} µs` : `${(ns / 1e9).toFixed(3)} s`);

/** What to tell of a SYN that TIME_WAIT cost something; null where it was accepted at once. */
function timeWaitSynFinding(
  syn: TimeWaitSyn,
  verdict: TimeWaitSynVerdict,
  from: string,
  to: string,
): NewFinding | null {
  const after =
    syn.synAckFrame === 0
      ? ', though the SYN-ACK was not captured'
      : ` ${spoken(syn.synAckNs - syn.ns)} after its first copy`;
  // Its first copy was answered with the SYN-ACK: TIME_WAIT, or what was left of it, cost this one nothing.
  const delayed = syn.copies > 1 || syn.challengeFrame !== 0;
  if ((verdict.outcome === 'accepted' || verdict.outcome === 'accepted-after-rst') && !delayed) return null;
  const kinds = {
    accepted: 'syn-delayed',
    'accepted-after-rst': 'syn-delayed',
    challenged: 'syn-challenged',
    reset: 'syn-reset',
    unanswered: 'syn-unanswered',
  } as const;
  const did = {
    accepted: `it was accepted${after}`,
    'accepted-after-rst': `it was accepted${after}, and only when a reset had cleared TIME_WAIT`,
    challenged: 'it was answered with an ACK of the old connection and never accepted',
    reset: 'it was answered with a reset',
    unanswered: syn.acksLeftOut
      ? 'it was not accepted, or the SYN-ACK is missing; an ACK that challenged it was left out of the capture'
      : 'no answer was captured',
  } as const;
  const outlived = outlivedResets(syn, verdict);
  const again = syn.challengedAgainFrame === 0 ? '' : ` (challenged again in frame ${syn.challengedAgainFrame})`;
  const held =
    outlived === 0
      ? ''
      : `; ${counted(outlived, 'reset', 'resets')} had not ended TIME_WAIT${again}: tcp_rfc1337, or lost`;
  const sinceMs = syn.sinceChallengeNs / 1e6;
  const limited =
    verdict.outcome === 'unanswered' && sinceMs >= 0 && sinceMs < RATE_LIMIT_MS
      ? `; another SYN was challenged ${sinceMs.toFixed(sinceMs < 10 ? 1 : 0)} ms before, and Linux answers one in ${RATE_LIMIT_MS} ms`
      : '';
  const relation = isnRelation(syn);
  return {
    kind: kinds[verdict.outcome],
    severity: verdict.outcome === 'challenged' || verdict.outcome === 'unanswered' ? 'warning' : 'notice',
    confidence: verdict.confidence,
    connectionId: syn.id,
    captureId: syn.capture,
    frame: syn.frame,
    atRel: syn.ns,
    summary: `A SYN of ${from} met TIME_WAIT ${syn.receiverHolds ? 'at' : 'of its own towards'} ${to} after ${spoken(syn.elapsedNs)} (frame ${syn.frame}, ISN ${relation}, timestamp ${tsRelation(syn) ?? 'cut off'}): ${did[verdict.outcome]}${held}${limited}.`,
    evidence: {
      frame: syn.frame,
      previous_connection_id: syn.previousId,
      isn: syn.isn,
      previous_final_seq: syn.previousFinalSeq,
      isn_delta: serialDiff(syn.isn, syn.previousFinalSeq),
      tsval: syn.hasTimestamp ? syn.tsval : null,
      previous_tsval: syn.previousTsval < 0 ? null : syn.previousTsval,
      copies: syn.copies,
      answer_frame: verdict.answerFrame || null,
      outlived_resets: outlived,
      first_reset_frame: syn.clientResetFrame || null,
    },
  };
}
