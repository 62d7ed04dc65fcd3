import type { ConnectionView } from '../../flow/connection-view.js';
import type { ResetSeen, Story } from '../../flow/story.js';
import type { Confidence } from '../../flow/vocabulary.js';
import { TcpFlag } from '../../segment/segment-batch.js';
import { serialAdd, serialDiff } from '../../wire/serial.js';
import { isAnswer } from './reset-signs.js';

/** A full accept queue answers the handshake; a server that is silent for longer has lost the connection, ns. */
const OVERFLOW_NS = 10e9;
/** A host that is not busy takes no longer than this for an answer, ns. */
const ANSWER_SLACK_NS = 1e6;
/** An answer comes at once: a reset later than this, ns, is likelier to be somebody else's, or to answer something not captured. */
const LATE_NS = 20e6;

/**
 * How surely a full accept queue answers the ACK that completes the handshake with a reset (close-rules 7.3,
 * `accept_overflow`): it has the server's first number, and the server never sent more. Data may have followed that ACK before
 * the reset passed the tap: then the reset must come as soon as the SYN-ACK came, for a filter turns down data so. Where the
 * server had sent its SYN-ACK again, it never took the connection: with tcp_abort_on_overflow=0 Linux ignores that ACK while
 * the queue is full, forgets the request after tcp_synack_retries, and resets what comes then, however late. null: none.
 */
export function overflowBehind(c: ConnectionView, reset: ResetSeen, story: Story | null): Confidence | null {
  if (reset.end !== c.server.index || !isAnswer(reset)) return null;
  const { sender, receiver } = reset;
  const first = serialAdd(c.server.isn, 1);
  const answersHandshake =
    c.server.isn >= 0 &&
    reset.seq === first &&
    sender.bytes === 0 &&
    !sender.fin &&
    (sender.lastFlags & TcpFlag.SYN) !== 0;
  if (!answersHandshake || reset.senderSpoke > 0 || hasSentUnseen(c, reset, story)) return null;
  if (story?.severalIsns === true) return null; // two hosts answered the SYN: one knows nothing of what the other got
  // Who waits for data before it accepts (TCP_DEFER_ACCEPT) sends its SYN-ACK again, too, but not after data.
  if (story !== null && story.synAcksAgain > 0) return story.synAckAfterData ? 'likely' : 'weak';
  if (receiver.fin || reset.ns - sender.lastNs >= OVERFLOW_NS) return null;
  if (receiver.bytes === 0) return reset.ns - receiver.lastNs <= answerTime(c) + LATE_NS ? 'strong' : 'weak';
  return reset.ns - c.handshakeAckNs <= answerTime(c) ? 'likely' : null;
}

/** Whether the server had sent more than was captured, as an ACK of the client or a later reset of its own tells. */
function hasSentUnseen(c: ConnectionView, { end, seq }: ResetSeen, story: Story | null): boolean {
  if (serialDiff(c.client.maxAck, seq) > 0) return true;
  return story?.resets.some((other) => other.end === end && serialDiff(other.seq, seq) > 0) ?? false;
}

/** Within this time what answers the ACK of the handshake passes the tap, by the time that the SYN-ACK took, ns. */
function answerTime(c: ConnectionView): number {
  return 2 * (c.synAckNs - c.firstNs) + ANSWER_SLACK_NS;
}
