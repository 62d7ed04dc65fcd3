import { serialAtLeast } from '../wire/serial.js';
import { ConnectionFlag, End, EndFlag, Head, endOffset, type RecordMemory } from './connection-table.js';
import type { StateName } from './vocabulary.js';

/** What is known of one end's close: the row of the table below that applies. */
export interface CloseFacts {
  /** It sent a FIN; the other acknowledged it. */
  readonly fin: boolean;
  readonly finAcked: boolean;
  /** It acknowledged the other's FIN; and its own first FIN already did. */
  readonly ackedPeerFin: boolean;
  readonly finCoversPeerFin: boolean;
}

/** The closing half of one end's life as the wire shows it: close-rules 2.1, after RFC 9293 §3.6 and figure 5. */
export function closingState(facts: CloseFacts): StateName {
  if (!facts.fin) return facts.ackedPeerFin ? 'CLOSE_WAIT' : 'ESTABLISHED';
  if (!facts.ackedPeerFin) return facts.finAcked ? 'FIN_WAIT_2' : 'FIN_WAIT_1';
  if (facts.finCoversPeerFin) return facts.finAcked ? 'CLOSED' : 'LAST_ACK';
  return facts.finAcked ? 'TIME_WAIT' : 'CLOSING';
}

/**
 * RFC 9293 state of one end (0 lower, 1 higher) when it was last seen. null: it cannot be told, because no segment of that
 * end was captured, or because whether its FIN was the first depends on segments of the other, and none was.
 */
export function stateOf(table: RecordMemory, slot: number, end: number): StateName {
  const at = table.at(slot);
  const mine = at + endOffset(end);
  const theirs = at + endOffset(1 - end);
  const state = table.i32[at + Head.FLAGS]!;
  const mineFlags = table.i32[mine + End.FLAGS]!;
  const theirFlags = table.i32[theirs + End.FLAGS]!;
  if ((state & ConnectionFlag.REFUSED) !== 0) return 'CLOSED';
  if ((state & ConnectionFlag.RESET) !== 0 && (mineFlags & EndFlag.LIVES_ON) === 0) return 'CLOSED';
  if ((state & ConnectionFlag.ATTEMPT) !== 0) return (mineFlags & EndFlag.SYN) !== 0 ? 'SYN_SENT' : null;
  if ((mineFlags & EndFlag.HEARD) === 0) return null;
  const fin = (mineFlags & EndFlag.FIN) !== 0;
  const isOneSided = (theirFlags & EndFlag.HEARD) === 0;
  if (isOneSided && fin) return null;
  // Its four-tuple was opened anew, or the SYN refused by an end that had waited for a FIN: nothing is left of either.
  if ((state & ConnectionFlag.REPLACED) !== 0 && ((mineFlags | theirFlags) & EndFlag.FIN) !== 0) return 'CLOSED';
  if ((state & ConnectionFlag.SYN_ACK) !== 0 && (state & ConnectionFlag.HANDSHAKE) === 0 && !fin) {
    if ((mineFlags & EndFlag.SYN_ACK) === 0) return 'SYN_SENT';
    // The ACK of an end that was not captured is told by what its peer did after it.
    const wentOn = table.u32[mine + End.PACKETS]! > table.i32[at + Head.SYN_ACKS]!;
    if (!isOneSided || !wentOn) return 'SYN_RECEIVED';
  }
  const peerFin = (theirFlags & EndFlag.FIN) !== 0;
  const peerFinEnd = table.u32[theirs + End.FIN_END]!;
  const closing = closingState({
    fin,
    finAcked: (mineFlags & EndFlag.FIN_ACKED) !== 0,
    ackedPeerFin: peerFin && (theirFlags & EndFlag.FIN_ACKED) !== 0,
    finCoversPeerFin: peerFin && fin && serialAtLeast(table.u32[mine + End.FIN_ACK]!, peerFinEnd),
  });
  return closing === 'TIME_WAIT' && (mineFlags & EndFlag.NO_TIME_WAIT) !== 0 ? 'CLOSED' : closing;
}
