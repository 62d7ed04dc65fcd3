import { ConnectionFlag } from '../../flow/connection-table.js';
import type { ConnectionView } from '../../flow/connection-view.js';
import type { ResetSeen, Story } from '../../flow/story.js';
import { serialDiff } from '../../wire/serial.js';
import type { NewFinding } from '../findings.js';

/**
 * What to tell of resets that a connection outlived which no later one ended: both ends went on after them (close-rules
 * 7.2), or a SYN that nothing else ever answered was sent again. Null where there are none.
 */
export function outlivedResetFinding(
  c: ConnectionView,
  story: Story,
  name: (end: number) => string,
): NewFinding | null {
  const outlived = story.resets.filter(
    (reset) => (reset.outlived || isIgnored(c, reset)) && !reset.finished && !reset.answersChallenge,
  );
  const [first] = outlived;
  if (first === undefined) return null;
  const turnedDown = first.synAck && !first.handshake && first.end === c.client.index;
  const others = outlived.length === 1 ? '' : ` (the first of ${outlived.length})`;
  const echo = story.strangeEcho?.isSynAck === true ? story.strangeEcho : null;
  const why = echo === null ? '' : `, for it echoed timestamp ${echo.tsecr}, which no SYN had (${echo.tsval})`;
  return {
    kind: turnedDown ? 'syn-ack-turned-down' : 'reset-without-effect',
    severity: turnedDown || (first.exact === false && !answersNoSyn(first) && !meetsUnseen(first)) ? 'notice' : 'info',
    confidence: meetsUnseen(first) ? 'weak' : first.exact === false ? 'strong' : 'likely',
    connectionId: c.id,
    captureId: first.capture,
    frame: first.frame,
    atRel: first.ns,
    summary: turnedDown
      ? `${name(first.end)} turned the SYN-ACK of ${name(1 - first.end)} down with a reset in frame ${first.frame}${others}${why}, and the connection opened later.`
      : `A reset in the name of ${name(first.end)} to ${name(1 - first.end)} took no effect in frame ${first.frame}${others}: ${reasonOf(first)}.`,
    evidence: {
      frame: first.frame,
      seq: first.seq,
      expected_seq: expected(first),
      ttl: first.ttl,
      usual_ttl: first.sender.ttlHigh === 0 ? null : [first.sender.ttlLow, first.sender.ttlHigh],
      off_by: offset(first),
      more_resets: outlived.slice(1).map(({ frame, seq }) => ({ frame, seq_step: serialDiff(seq, first.seq) })),
    },
  };
}

function reasonOf(reset: ResetSeen): string {
  if (reset.exact !== false) return 'both ends went on, so it did not arrive or was not obeyed';
  if (answersNoSyn(reset))
    return 'it did not acknowledge the SYN, as one has to that comes before a SYN-ACK (RFC 9293 §3.10.7.3)';
  if (meetsUnseen(reset))
    return 'its number is none of this connection, so it answers a segment that was not captured, such as an ACK of an earlier connection with which the SYN was challenged (RFC 5961 §4.2)';
  if (reset.inWindow === true)
    return 'its number was in the receive window but not the next one, which draws a challenge ACK (RFC 5961 §3.2)';
  return 'its number was outside the receive window (RFC 5961 §3.2)';
}

/** Whether it came between SYN and SYN-ACK: its receiver expected no number yet (`takeReset`). */
const answersNoSyn = ({ exact, inWindow }: ResetSeen): boolean => exact === false && inWindow === null;

/** Whether nothing of its receiver was captured before it: what that expected, and where its window lay, nobody knows. */
const meetsUnseen = ({ exact, receiver, synAck }: ResetSeen): boolean => exact === false && !receiver.heard && !synAck;

/** Whether it meant to answer a SYN, and that was sent again: its sender waits for an answer still. */
const isIgnored = (c: ConnectionView, reset: ResetSeen): boolean =>
  c.has(ConnectionFlag.ATTEMPT) && reset.end === c.server.index && answersNoSyn(reset) && c.client.lastNs > reset.ns;

const expected = ({ receiver }: ResetSeen): number | null => (receiver.maxAck < 0 ? null : receiver.maxAck);

/** How far its number is from the next one that its receiver expected, octets. */
function offset(reset: ResetSeen): number | null {
  const next = expected(reset);
  return next === null ? null : serialDiff(reset.seq, next);
}
