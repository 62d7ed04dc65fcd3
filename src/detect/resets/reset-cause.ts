import { EndFlag } from '../../flow/connection-table.js';
import type { ConnectionView } from '../../flow/connection-view.js';
import type { ResetSeen } from '../../flow/story.js';
import type { Confidence, ResetCause, ResetCode } from '../../flow/vocabulary.js';
import { serialDiff } from '../../wire/serial.js';

/** Why a reset was sent, the code that says how it looked, and how sure that is. */
export type Cause = readonly [ResetCause, ResetCode, Confidence];

/** What answers a SYN-ACK does so within a round trip; a reset after this time may answer something not captured, ns. */
export const PROMPT_NS = 0.5e9;

export function hasGap(c: ConnectionView): boolean {
  return c.client.has(EndFlag.ACKED_UNSEEN) || c.server.has(EndFlag.ACKED_UNSEEN);
}

/**
 * Whether the receiver of the reset had sent data that its sender never acknowledged. The FIN may have come last, but the
 * host that had closed answers each segment, and the first of them was data.
 */
export function hasUnacknowledgedData({ sender, receiver }: ResetSeen): boolean {
  if (receiver.maxEnd < 0 || sender.maxAck < 0) return false;
  return serialDiff(receiver.maxEnd, sender.maxAck) > (receiver.fin ? 1 : 0);
}

/**
 * How sure it is that a bare reset answers data that came after its sender had closed; null: it answers something else.
 * A number after the FIN says that the other end had the FIN: then data that it sent before does not count.
 */
export function answersLateData(c: ConnectionView, reset: ResetSeen): Confidence | null {
  const { sender, receiver } = reset;
  if (!sender.fin || !hasUnacknowledgedData(reset)) return null;
  const finNs = (reset.end === c.client.index ? c.client : c.server).finNs;
  // Never certain: an abort after the FIN that was not captured, or a filter, would have data answered so, too.
  const follows = receiver.lastLen > 0 || receiver.lastDataNs >= finNs || reset.seq !== sender.finEnd;
  if (!follows) return null;
  return hasGap(c) ? 'likely' : 'strong';
}
