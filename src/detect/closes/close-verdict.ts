import { ConnectionFlag, EndFlag } from '../../flow/connection-table.js';
import type { ConnectionView, EndView } from '../../flow/connection-view.js';
import { LONGEST_DELAYED_ACK_NS } from '../../flow/limits.js';
import type { ResetSeen, Story } from '../../flow/story.js';
import type { CLOSE_NOTES } from '../../flow/vocabulary.js';
import { CONFIDENCES, EVICTED_NOTE, type Close, type Confidence, type SideName } from '../../flow/vocabulary.js';
import { TcpFlag } from '../../segment/segment-batch.js';
import { serialAdd, serialAtLeast, serialDiff } from '../../wire/serial.js';
import { overflowBehind } from '../resets/accept-overflow.js';
import {
  confirmedBy,
  crossesFin,
  followsAbort,
  hadClosedWindow,
  isAnswer,
  isOfUnknown,
  looksLikeAnswer,
  roundTrip,
  UNANSWERED_PROBES,
} from '../resets/reset-signs.js';
import { acknowledgesUnseenFin, finBeforeReset, hidesPaws, isAfterUnseen, mayHideFin } from './unseen-fin.js';

/** Copies of a FIN from which on it is not the loss of one segment that has it sent again. */
const UNANSWERED_FINS = 2;

const CROSSED = 'a FIN or reset of the other side crossed the reset';
const MISSING = 'segments are missing from the capture near the close';
const DISOWNED = 'a reset of an end that knew the connection no more: what had ended it there was not captured';
const HELD_BACK = 'unsent data may have held back the FIN: the other side may have closed first';
const NOT_REACHED = 'the reset may not have reached the other end, or was not accepted there';
const CUT = 'option octets were cut off by the snap length: whether PAWS rejected a segment cannot be told';

export interface CloseVerdict {
  close: Close;
  closedFirst: SideName;
  confidence: Confidence;
  note: (typeof CLOSE_NOTES)[number];
  /** The reset that ended it; null: none did. */
  ending: ResetSeen | null;
  /** A reset after the complete close that hit TIME_WAIT, or came for want of it. */
  afterClose: ResetSeen | null;
  timeWaitAt: SideName;
  closeWaitNs: number;
}

/** How a connection closed; close-rules 2.2. `story` is null where it has none; `now` is the end of what is known. */
export function judgeClose(c: ConnectionView, story: Story | null, now: number): CloseVerdict {
  const ending = endingReset(c, story);
  const close = kindOfClose(c, story, ending);
  const verdict: CloseVerdict = {
    close,
    closedFirst: null,
    confidence: 'unknown',
    note: null,
    ending,
    afterClose: ending === null ? resetAfterClose(story) : null,
    timeWaitAt: timeWaitHolder(c),
    closeWaitNs: closeWait(c, ending, now),
  };
  if (close === 'fin' || close === 'half-closed' || close === 'fin-then-rst') judgeByFins(c, story, verdict, now);
  else if (close === 'rst') judgeByReset(c, story, verdict);
  if (c.has(ConnectionFlag.EVICTED)) {
    if (verdict.closedFirst !== null) lower(verdict, 1, EVICTED_NOTE);
    verdict.note = EVICTED_NOTE; // whatever else is to be said: that it was cut short comes first
  }
  return verdict;
}

/** The first reset that took effect before the close was complete. */
function endingReset(c: ConnectionView, story: Story | null): ResetSeen | null {
  if (story === null) return null;
  const first = firstEffective(c, story, false);
  // Those before were outlived, as only what came after this one shows.
  return first ?? (c.has(ConnectionFlag.RESET) ? firstEffective(c, story, true) : null);
}

/** `afterOthers`: those count that came when the connection seemed to have been reset already. */
function firstEffective(c: ConnectionView, story: Story, afterOthers: boolean): ResetSeen | null {
  for (const reset of story.resets) {
    if (reset.finished || reset.outlived || (reset.afterReset && !afterOthers)) continue;
    if (c.has(ConnectionFlag.REFUSED) && reset.exact !== false) return reset;
    if (c.has(ConnectionFlag.ATTEMPT) && !c.has(ConnectionFlag.RESET)) continue;
    if (reset.answersChallenge && !reset.synAck && !reset.handshake && reset.exact !== true) continue;
    if (reset.exact !== false) return firstThatHit(story, reset);
    // Not the exact number, but in the window, and silence ever after: a stack without RFC 5961, or numbers we missed.
    const isSilence = reset.receiverSpoke === 0 && reset.senderSpoke === 0 && !abortsLater(story, reset);
    if (reset.inWindow === true && isSilence) return reset;
    if (reset.inWindow === true && !movedOn(c, reset) && isDisownedAfter(story, reset)) return reset;
  }
  return null;
}

/**
 * Whether the receiver of a reset, which may have gone on while that was on its way, at last answers as one that knows no
 * such connection (a reset without ACK, RFC 9293 §3.10.7.1). It has not closed it itself: then it would have said so.
 */
function isDisownedAfter({ resets }: Story, reset: ResetSeen): boolean {
  const next = resets.find((later, i) => i > resets.indexOf(reset) && later.end !== reset.end);
  return next !== undefined && (next.flags & TcpFlag.ACK) === 0 && next.exact === true && !next.sender.fin;
}

/** Whether the receiver of a reset has acknowledged more since: it had not obeyed. What it sent may have crossed the reset. */
function movedOn(c: ConnectionView, { end, receiver }: ResetSeen): boolean {
  const { maxAck } = end === c.client.index ? c.server : c.client;
  return receiver.maxAck >= 0 && serialDiff(maxAck, receiver.maxAck) > 0;
}

/** Whether the receiver of a reset sends one with an ACK later, as a socket does: it had not obeyed. */
function abortsLater({ resets }: Story, reset: ResetSeen): boolean {
  return resets
    .slice(resets.indexOf(reset) + 1)
    .some(({ end, flags, exact }) => end !== reset.end && (flags & TcpFlag.ACK) !== 0 && exact === true);
}

/** Where the other end went on after a reset of unknown effect, a later one with the exact number is what ended it. */
function firstThatHit(story: Story, first: ResetSeen): ResetSeen {
  if (first.exact === true || first.receiverSpoke === 0) return first;
  return story.resets.find((r) => r.end === first.end && r.exact === true && !r.finished && !r.outlived) ?? first;
}

/**
 * A reset of a finished connection that its receiver had to obey, or that answers for want of TIME_WAIT. Where the
 * receiver goes on answering with the old numbers, it ignored the reset (RFC 1337 §3), and it is none.
 */
function resetAfterClose(story: Story | null): ResetSeen | null {
  const first = story?.resets.find((reset) => reset.finished && reset.exact === true) ?? null;
  return first !== null && first.receiverSpoke > 0 ? null : first;
}

function kindOfClose(c: ConnectionView, story: Story | null, ending: ResetSeen | null): Close {
  if (c.has(ConnectionFlag.REFUSED)) return 'refused';
  if (ending !== null) {
    const finTaken = ending.receiver.fin && !crossesFin(ending) && !followsAbort(c, ending, story);
    const anyFin = ending.sender.fin || finTaken;
    return anyFin ? 'fin-then-rst' : 'rst';
  }
  if (c.client.fin && c.server.fin) return 'fin';
  if (c.client.fin || c.server.fin) return 'half-closed';
  if (c.has(ConnectionFlag.ATTEMPT)) return 'unanswered';
  return c.has(ConnectionFlag.REPLACED) ? 'replaced' : 'open';
}

function timeWaitHolder(c: ConnectionView): SideName {
  if (Number.isNaN(c.timeWaitNs)) return null;
  const client = c.holdsTimeWait(c.client);
  const server = c.holdsTimeWait(c.server);
  if (client && server) return 'both';
  return client ? 'client' : server ? 'server' : null;
}

/** How long the passive side sat on the other's FIN, ns; -1: there was no such time. */
function closeWait(c: ConnectionView, ending: ResetSeen | null, now: number): number {
  const { client, server } = c;
  const atServer = closeWaitOf(c, server, client, ending, now);
  return atServer >= 0 ? atServer : closeWaitOf(c, client, server, ending, now);
}

function closeWaitOf(c: ConnectionView, mine: EndView, other: EndView, ending: ResetSeen | null, now: number): number {
  if (!other.finAcked) return -1;
  if (mine.fin && !serialAtLeast(mine.finAck, other.finEnd)) return -1;
  if (c.has(ConnectionFlag.ACKS_LEFT_OUT)) return -1; // nobody knows when it had the FIN
  const until = mine.fin ? mine.finNs : (ending?.ns ?? (c.has(ConnectionFlag.REPLACED) ? c.lastNs : now));
  return Math.max(0, until - other.finAckedNs);
}

function sideOf(c: ConnectionView, end: EndView): 'client' | 'server' {
  return end === c.client ? 'client' : 'server';
}

function judgeByFins(c: ConnectionView, story: Story | null, verdict: CloseVerdict, now: number): void {
  const { client, server } = c;
  if (client.fin && server.fin) {
    const clientCovers = serialAtLeast(client.finAck, server.finEnd);
    const serverCovers = serialAtLeast(server.finAck, client.finEnd);
    if (clientCovers && serverCovers) {
      verdict.note = 'both first FINs acknowledge each other: an earlier copy of one was not captured';
      return;
    }
    verdict.closedFirst = clientCovers ? 'server' : serverCovers ? 'client' : 'both';
    verdict.confidence = 'certain';
    const late = finAfterOwnReset(c, verdict.ending);
    if (verdict.closedFirst === 'both' && late !== null) {
      verdict.closedFirst = sideOf(c, late === client ? server : client);
      // That FIN may be a copy of one that was lost before the tap, or be overtaken by the reset.
      lower(verdict, late.finNs - verdict.ending!.ns < roundTrip(c) ? 2 : 1, CROSSED);
    }
    const passive = clientCovers ? client : serverCovers ? server : null;
    if (passive?.has(EndFlag.FIN_IS_COPY) === true || hidCrossing(client) || hidCrossing(server)) {
      lower(verdict, 2, 'the first FIN seen is a retransmission: its ACK field may be newer than the original FIN');
    }
    const active = clientCovers ? server : serverCovers ? client : null;
    if (passive !== null && active?.has(EndFlag.PEER_HELD_BACK) === true && passive.lastDataNs > active.finNs) {
      lower(verdict, 2, HELD_BACK);
    }
    if (verdict.note === null && passive !== null && active !== null && isAcknowledgedLate(c, active, passive))
      lower(verdict, 1, MISSING);
    // Nothing before the FINs: the one that covers the other may be a copy of one that did not.
    if (passive !== null && beganMidway(c) && client.bytes + server.bytes === 0) {
      lower(verdict, 1, 'the capture began mid-connection');
    }
  } else {
    judgeByOneFin(c, story, verdict, now, client.fin ? client : server, client.fin ? server : client);
  }
  if (verdict.closedFirst === null) return;
  // Where a FIN is known to be missing, the gap is that FIN: it costs confidence once.
  if (c.has(ConnectionFlag.ACKS_LEFT_OUT)) {
    // A FIN that data held back looks like one that came second.
    if (verdict.note === null) lower(verdict, 1, MISSING);
  } else if (verdict.note === null && lacksSegments(c, story)) {
    // On a four-tuple that was used before, a segment of the other connection may stand in for one that is missing.
    lower(verdict, c.incarnation > 1 ? 2 : 1, MISSING);
  }
  if (hidesPaws(c)) lower(verdict, 1, CUT);
}

/**
 * The end whose FIN came after a reset in its name that the other had to obey, which had sent its own FIN before: what a
 * filter does that answers in a host's name (REJECT). The late FIN met no connection any more. null: there is none.
 */
function finAfterOwnReset({ client, server }: ConnectionView, reset: ResetSeen | null): EndView | null {
  if (reset?.exact !== true || reset.sender.fin || !reset.receiver.fin) return null;
  const sender = reset.end === client.index ? client : server;
  return serialDiff(sender.finEnd, reset.seq) > 0 ? sender : null;
}

/**
 * Whether the FIN of the passive end is the first to acknowledge the other's, and comes later than any ACK: that ACK is
 * missing from the capture, and perhaps a first copy of this FIN with it.
 */
function isAcknowledgedLate(c: ConnectionView, active: EndView, passive: EndView): boolean {
  const roundTripNs = Number.isNaN(c.rttNs) ? 0 : c.rttNs;
  const isFirst = active.finAckedNs === passive.finNs;
  return isFirst && passive.finNs - active.finNs > LONGEST_DELAYED_ACK_NS + roundTripNs;
}

/** Its FIN is taken to have crossed the other's, which the copy that was seen does not say (`closing.ts`). */
function hidCrossing(end: EndView): boolean {
  return end.has(EndFlag.FIN_IS_COPY) && end.has(EndFlag.ACKED_FIN_AHEAD);
}

/** Only `end` was seen to send a FIN. */
function judgeByOneFin(
  c: ConnectionView,
  story: Story | null,
  verdict: CloseVerdict,
  now: number,
  end: EndView,
  other: EndView,
): void {
  verdict.closedFirst = sideOf(c, end);
  verdict.confidence = 'certain';
  if (!other.heard) {
    // Whether its sender goes on acknowledging after its FIN is all that tells (close-rules 2.2).
    verdict.confidence = 'weak';
    verdict.note = 'only one direction was captured';
    // A FIN that is sent again and again has no answer: perhaps the other is gone, and nobody knows how it went.
    if ((story?.finsAgain[end.index]?.copies ?? 0) >= UNANSWERED_FINS) {
      verdict.closedFirst = null;
      verdict.confidence = 'unknown';
    } else if (end.maxAck >= 0 && serialDiff(end.maxAck, end.finAck) <= 0) verdict.closedFirst = sideOf(c, other);
  } else if (acknowledgesUnseenFin(story, end, other)) {
    verdict.closedFirst = sideOf(c, other);
    verdict.confidence = 'likely';
    verdict.note = 'the FIN of the other side was not captured; its number was acknowledged';
  } else if (verdict.ending !== null && isDisowned(verdict.ending, end)) {
    // What had closed the other before was not captured, or it never closed.
    lower(verdict, 2, DISOWNED);
  } else if (isDisownedByBoth(story, other)) {
    lower(verdict, 2, MISSING);
  } else if (mayHideFin(c, story, end, other)) {
    lower(verdict, 2, MISSING);
  } else if (story !== null && story.pawsCount > 0 && serialDiff(other.maxEnd, end.finAck) > 0) {
    // The highest of its numbers may be those of a segment that nobody took.
    lower(verdict, 2, 'segments that PAWS rejects may stand in for some that are missing from the capture');
  } else if (beganMidway(c) && !hasSentNew(other)) {
    // Its FIN may have come before the capture began: then all that it sends now are ACKs, as here. Few connections stay
    // half-closed, so that is even likelier.
    lower(verdict, 3, 'the capture began mid-connection');
  } else if (verdict.close === 'half-closed' && !end.finAcked) {
    lower(
      verdict,
      isHeldUp(story, end, other) || now - end.finNs < roundTrip(c) ? 2 : 1,
      c.has(ConnectionFlag.REPLACED)
        ? MISSING // how it went on
        : 'the FIN was not acknowledged before the capture ended: one of the other side may have crossed it',
    );
  }
}

/**
 * Whether a FIN that nobody acknowledged lies beyond what the other had room for or behind octets that it lacks, as far as
 * seen: it is not received before they come, and never was where it is not of this connection (close-rules 1.3).
 */
function isHeldUp(story: Story | null, end: EndView, other: EndView): boolean {
  if (story?.holes[end.index]?.at(-1) === serialAdd(end.finEnd, -1)) return true;
  return other.lastNs > end.finNs && other.maxAck >= 0 && serialDiff(end.finEnd, other.maxAck) > 1;
}

/** Whether the FIN of `end` was answered by one who knew no such connection any more (RFC 9293 §3.10.7.1). */
function isDisowned(reset: ResetSeen, end: EndView): boolean {
  return !end.finAcked && reset.end !== end.index && (reset.flags & TcpFlag.ACK) === 0;
}

/**
 * Whether both ends reset as those do that know no such connection, and `other` had not aborted before. No reset draws
 * another: so each had closed, and answers what the other had sent before. The FIN of `other` was not captured.
 */
function isDisownedByBoth(story: Story | null, other: EndView): boolean {
  const resets = (story?.resets ?? []).filter(({ finished }) => !finished);
  const isBare = ({ flags }: ResetSeen): boolean => (flags & TcpFlag.ACK) === 0;
  const ofOther = resets.filter(({ end }) => end === other.index);
  return (
    ofOther.length > 0 && ofOther.every(isBare) && resets.some((reset) => reset.end !== other.index && isBare(reset))
  );
}

/** Octets that were acknowledged are missing from the capture, or those just before a FIN that was acknowledged. */
function lacksSegments(c: ConnectionView, story: Story | null): boolean {
  const beforeFin = (end: EndView): boolean =>
    end.finAcked && story?.holes[end.index]?.at(-1) === serialAdd(end.finEnd, -1);
  const { client, server } = c;
  return client.has(EndFlag.ACKED_UNSEEN) || server.has(EndFlag.ACKED_UNSEEN) || beforeFin(client) || beforeFin(server);
}

/** Whether an end was seen to send octets that it had not sent before: no FIN of it came before those. */
function hasSentNew(end: EndView): boolean {
  return end.bytes > end.repeated;
}

function beganMidway(c: ConnectionView): boolean {
  return !c.has(ConnectionFlag.SYN | ConnectionFlag.SYN_ACK);
}

function judgeByReset(c: ConnectionView, story: Story | null, verdict: CloseVerdict): void {
  const reset = verdict.ending!;
  const [sender, receiver] = reset.end === c.client.index ? [c.client, c.server] : [c.server, c.client];
  if (!reset.sender.heard && !reset.receiver.heard) {
    verdict.note = 'nothing but resets was seen';
    return;
  }
  const unseenFin = finBeforeReset(c, story, reset);
  verdict.closedFirst = sideOf(c, sender);
  const wasObeyed = reset.exact === true && !receiver.has(EndFlag.LIVES_ON);
  verdict.confidence = wasObeyed ? 'certain' : 'likely';
  if (c.has(ConnectionFlag.ACKS_LEFT_OUT)) {
    lower(verdict, wasObeyed ? 2 : 0, MISSING);
    return;
  }
  if (c.has(ConnectionFlag.ATTEMPT) && reset.end === c.server.index)
    verdict.note = MISSING; // the SYN-ACK
  else if (!wasObeyed && isAfterUnseen(reset)) lower(verdict, 1, MISSING);
  else if (!wasObeyed) verdict.note = NOT_REACHED;
  else if (!reset.sender.heard || !reset.receiver.heard) lower(verdict, 2, 'only one direction was captured');
  else if (receiver.fin || wasAborted(story, reset)) lower(verdict, 2, CROSSED);
  else if (unseenFin === 'likely') {
    verdict.closedFirst = sideOf(c, receiver);
    lower(verdict, 2, 'the FIN of the other side was not captured; its number was acknowledged');
  } else if (unseenFin === 'possible') lower(verdict, 2, MISSING);
  // Its receiver has sent nothing new but ACKs: it may have sent its FIN before the capture began.
  else if (beganMidway(c) && !hasSentNew(receiver)) lower(verdict, 2, 'the capture began mid-connection');
  else if (sender.has(EndFlag.ACKED_UNSEEN)) lower(verdict, 1, MISSING);
  else if (hadClosedWindow(reset)) lower(verdict, 2, HELD_BACK);
  // Nothing came through any more, so nobody knows what the other had sent, or whether it got the reset.
  else if (reset.sender.probes >= UNANSWERED_PROBES) lower(verdict, 2, NOT_REACHED);
  // What ended it there before, and was it seen? A full accept queue, which answers the handshake so, ended nothing.
  else if (isOfUnknown(confirmedBy(reset, story) ?? reset) && overflowBehind(c, reset, story) !== 'strong')
    lower(verdict, 2, DISOWNED);
  else if (answersUnseen(confirmedBy(reset, story) ?? reset)) lower(verdict, 2, MISSING);
  if (hidesPaws(c)) lower(verdict, 1, CUT);
}

/** Whether it looks like an answer, but not to the last segment of its receiver: what drew it is missing. */
function answersUnseen(reset: ResetSeen): boolean {
  return looksLikeAnswer(reset) && !isAnswer(reset) && !reset.answersChallenge;
}

/** Whether the receiver of the reset aborted, too: who has obeyed a reset sends none with an ACK flag any more. */
function wasAborted(story: Story | null, reset: ResetSeen): boolean {
  return (
    story?.resets.some(
      ({ end, flags, exact }) => end !== reset.end && (flags & TcpFlag.ACK) !== 0 && exact !== false,
    ) ?? false
  );
}

function lower(verdict: CloseVerdict, levels: number, note: CloseVerdict['note']): void {
  const at = Math.max(1, CONFIDENCES.indexOf(verdict.confidence) - levels);
  verdict.confidence = CONFIDENCES[at]!;
  verdict.note ??= note;
}
