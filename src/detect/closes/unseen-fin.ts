import { ConnectionFlag, EndFlag } from '../../flow/connection-table.js';
import type { ConnectionView, EndView } from '../../flow/connection-view.js';
import type { ResetSeen, Story } from '../../flow/story.js';
import { TcpFlag } from '../../segment/segment-batch.js';
import { serialAdd, serialDiff } from '../../wire/serial.js';

/** Whether the FIN of `end` acknowledges one number after all that was seen of the other, who never sent on from there. */
export function acknowledgesUnseenFin(story: Story | null, end: EndView, other: EndView): boolean {
  if (other.maxEnd < 0) return false;
  if (end.finAck === serialAdd(other.maxEnd, 1)) return true;
  // The other's last ACK stands after its FIN: that number is then the last of its holes.
  const holes = story?.holes[other.index] ?? [];
  return (
    end.finAck === other.maxEnd &&
    holes.at(-1) === end.finAck &&
    serialDiff(end.finAck, holes.at(-2) ?? end.finAck) === 1
  );
}

/**
 * Whether a FIN of `other` may be among what was not captured: its last numbers are known only from ACKs of `end`, or from
 * segments of its own that bring nothing new, or the answer to the SYN is missing and nobody knows what else.
 */
export function mayHideFin(c: ConnectionView, story: Story | null, end: EndView, other: EndView): boolean {
  if (c.has(ConnectionFlag.SYN) && !c.has(ConnectionFlag.SYN_ACK) && c.server.heard) return true;
  if (other.maxEnd < 0 || other.fin) return false;
  if (end.maxAck >= 0 && serialDiff(end.maxAck, other.maxEnd) > 0) return true;
  return story?.holes[other.index]?.at(-1) === other.maxEnd;
}

/**
 * Whether a FIN that was not captured came before a reset: `likely` where the reset's sender had acknowledged just one
 * number more than was seen of its receiver, `possible` where more is missing, of either end. null: nothing speaks for it.
 */
export function finBeforeReset(c: ConnectionView, story: Story | null, reset: ResetSeen): 'likely' | 'possible' | null {
  const { sender, receiver } = reset;
  const acked = (reset.flags & TcpFlag.ACK) !== 0 ? reset.ack : sender.maxAck;
  const unseen = acked < 0 || receiver.maxEnd < 0 ? 0 : serialDiff(acked, receiver.maxEnd);
  const fromClient = reset.end === c.client.index;
  const [mine, theirs] = fromClient ? [c.client, c.server] : [c.server, c.client];
  // One more than a keepalive probe is what its sender had sent before that.
  if (unseen === 1 && !theirs.has(EndFlag.END_OF_PROBE)) return 'likely';
  const skipped = sender.maxEnd < 0 ? 0 : serialDiff(reset.seq, sender.maxEnd);
  const gap = mayHideFin(c, story, mine, theirs) || mayHideFin(c, story, theirs, mine);
  return unseen > 0 || skipped > 0 || gap ? 'possible' : null;
}

/**
 * Whether nothing between the SYN-ACK and a reset was captured though something passed: the ACK that completes the handshake
 * is missing, and the numbers of the reset stand beyond those of SYN and SYN-ACK.
 */
export function isAfterUnseen({ flags, seq, ack, handshake, synAck, sender, receiver }: ResetSeen): boolean {
  const isNothingBetween = !handshake && synAck && (sender.lastFlags & receiver.lastFlags & TcpFlag.SYN) !== 0;
  if (!isNothingBetween) return false;
  if (serialDiff(seq, sender.maxEnd) > 0) return true;
  return (flags & TcpFlag.ACK) !== 0 && serialDiff(ack, receiver.maxEnd) > 0;
}

/** Whether the snap length left nothing to tell by whether a FIN or a reset met PAWS. */
export function hidesPaws(c: ConnectionView): boolean {
  const { client, server } = c;
  if (!c.has(ConnectionFlag.OPTIONS_CUT) || client.has(EndFlag.TIMESTAMP) || server.has(EndFlag.TIMESTAMP))
    return false;
  return !client.has(EndFlag.SYN_NO_TIMESTAMP) && !server.has(EndFlag.SYN_NO_TIMESTAMP);
}
