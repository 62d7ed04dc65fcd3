/**
 * The short way of verdicts, in AssemblyScript: the row of a connection of which nothing is to be said but who closed first.
 * Handshake and both FINs were seen, each FIN was acknowledged, nothing was sent twice, and nothing is missing. It writes
 * what `judgeClose` and `ConnectionRows.write` would have made of the record, or nothing; a test holds both to the same rows.
 */
import { ConnectionColumn } from '../../flow/connection-columns';
import { Desk } from '../../flow/desk';
import { LONGEST_DELAYED_ACK_NS } from '../../flow/limits';
import { Block, ConnectionFlag, End, EndFlag, Head } from '../../flow/record-layout';
import { float, word } from '../../flow/short-way/memory';
import { PlainOutcome } from '../plain-outcome';
import { isUncommon, putCommon } from './common-columns';
import { NONE, place, put, putNs } from './put';

/** Of a connection with any other flag than these there is more to say. */
const ALL: i32 =
  ConnectionFlag.LIVE |
  ConnectionFlag.SYN |
  ConnectionFlag.SYN_ACK |
  ConnectionFlag.HANDSHAKE |
  ConnectionFlag.FINISHED |
  ConnectionFlag.RTT_KNOWN;
const ANY: i32 = ConnectionFlag.CLIENT_HIGH | ConnectionFlag.FIRST_HIGH | ConnectionFlag.V6 | ConnectionFlag.CHANGED;

/** Likewise of an end. The SYN flags say who is the client, and are held against that. */
const END_ALL: i32 =
  EndFlag.HEARD | EndFlag.ISN_KNOWN | EndFlag.END_KNOWN | EndFlag.ACK_KNOWN | EndFlag.FIN | EndFlag.FIN_ACKED;
const END_ANY: i32 =
  EndFlag.SYN |
  EndFlag.SYN_ACK |
  EndFlag.SYN_TIMESTAMP |
  EndFlag.SYN_NO_TIMESTAMP |
  EndFlag.TIMESTAMP |
  EndFlag.NO_TIMESTAMP |
  EndFlag.TSVAL_KNOWN |
  EndFlag.TS_RECENT_KNOWN |
  EndFlag.DATA |
  EndFlag.PEER_HELD_BACK;

/** Puts the row of the connection whose record is at `at` to `to`. False: it is no plain close. Addresses are ids of the database. */
export function closeRow(to: i32, at: i32, zeek: f64, lowAddress: f64, highAddress: f64): bool {
  const state = word(at, Head.FLAGS);
  if ((state & ~ANY) != ALL) return false;
  const clientIsHigh = (state & ConnectionFlag.CLIENT_HIGH) != 0;
  const client = at + ((clientIsHigh ? Block.HIGH : Block.LOW) << 2);
  const server = at + ((clientIsHigh ? Block.LOW : Block.HIGH) << 2);
  const clientFlags = word(client, End.FLAGS);
  const serverFlags = word(server, End.FLAGS);
  if ((clientFlags & ~END_ANY) != END_ALL || (serverFlags & ~END_ANY) != END_ALL) return false;
  const opened = EndFlag.SYN | EndFlag.SYN_ACK;
  if ((clientFlags & opened) != EndFlag.SYN || (serverFlags & opened) != EndFlag.SYN_ACK) return false;
  if (isUncommon(at, client, server, 1) || float(at, Head.TIME_WAIT_LAST_NS) > float(at, Head.ENDED_NS)) return false;

  const closer = closerOf(client, server, clientFlags, serverFlags);
  const use = timestampUse(clientFlags, serverFlags);
  if (closer < 0 || use < 0 || isAcknowledgedLate(at, client, server, closer)) return false;
  const firstAt = place(word(at, Head.FIRST_CAPTURE), word(at, Head.FIRST_FRAME));
  const firstNs = float(at, Head.FIRST_NS);
  const synAckPast = float(server, End.OPENING_AT) - firstAt;
  const synAckSpan = float(at, Head.SYN_ACK_NS) - firstNs;
  if (synAckPast < 0 || synAckSpan < 0) return false;

  const outcome = closer * PlainOutcome.USES + use;
  putCommon(to, at, client, server, clientIsHigh, lowAddress, highAddress, outcome, zeek);
  putNs(to, ConnectionColumn.RTT_SPAN, float(at, Head.RTT));
  putNs(to, ConnectionColumn.SYN_ACK_SPAN, synAckSpan);
  put(to, ConnectionColumn.SYN_ACK_PAST, synAckPast);
  put(to, ConnectionColumn.HANDSHAKE_ACK_PAST, float(client, End.OPENING_AT) - firstAt);
  put(to, ConnectionColumn.SERVER_ISN, <f64>(<u32>word(server, End.ISN)));
  putNs(to, ConnectionColumn.CLIENT_FIN_REL, float(client, End.FIN_NS));
  putNs(to, ConnectionColumn.SERVER_FIN_REL, float(server, End.FIN_NS));
  putNs(to, ConnectionColumn.IDLE_END_SPAN, float(at, Head.IDLE_END));
  putNs(to, ConnectionColumn.TIME_WAIT_REL, float(at, Head.ENDED_NS));
  putNs(to, ConnectionColumn.CLOSE_WAIT_SPAN, closeWait(client, server, closer));
  return true;
}

/** Who closed first: neither FIN covers the other, or one does (close-rules 2.2). -1: it takes more to tell. */
function closerOf(client: i32, server: i32, clientFlags: i32, serverFlags: i32): i32 {
  const clientCovers = word(client, End.FIN_ACK) - word(server, End.FIN_END) >= 0;
  const serverCovers = word(server, End.FIN_ACK) - word(client, End.FIN_END) >= 0;
  if (clientCovers && serverCovers) return -1;
  if (clientCovers) return mayHaveBeenHeldBack(server, serverFlags, client, clientFlags) ? -1 : PlainOutcome.SERVER;
  if (serverCovers) return mayHaveBeenHeldBack(client, clientFlags, server, serverFlags) ? -1 : PlainOutcome.CLIENT;
  return PlainOutcome.BOTH;
}

/** The FIN of the passive end may have waited behind its data. */
function mayHaveBeenHeldBack(active: i32, activeFlags: i32, passive: i32, passiveFlags: i32): bool {
  if ((activeFlags & EndFlag.PEER_HELD_BACK) == 0 || (passiveFlags & EndFlag.DATA) == 0) return false;
  return float(passive, End.LAST_DATA_NS) > float(active, End.FIN_NS);
}

/** The FIN of the passive end is the first to acknowledge the other's, later than any ACK would have come. */
function isAcknowledgedLate(at: i32, client: i32, server: i32, closer: i32): bool {
  if (closer == PlainOutcome.BOTH) return false;
  const active = closer == PlainOutcome.CLIENT ? client : server;
  const passive = closer == PlainOutcome.CLIENT ? server : client;
  const finNs = float(passive, End.FIN_NS);
  if (float(active, End.FIN_ACKED_NS) != finNs) return false;
  return finNs - float(active, End.FIN_NS) > LONGEST_DELAYED_ACK_NS + float(at, Head.RTT);
}

/** RFC 7323 §2: both SYNs carry the option. -1: they do not say. */
function timestampUse(clientFlags: i32, serverFlags: i32): i32 {
  if (((clientFlags | serverFlags) & EndFlag.SYN_NO_TIMESTAMP) != 0) return PlainOutcome.WITHOUT_TIMESTAMPS;
  return (clientFlags & serverFlags & EndFlag.SYN_TIMESTAMP) != 0 ? PlainOutcome.WITH_TIMESTAMPS : -1;
}

/** How long the passive end sat on the FIN of the other, ns; `NONE`: neither did. */
function closeWait(client: i32, server: i32, closer: i32): f64 {
  if (closer == PlainOutcome.BOTH) return NONE;
  const active = closer == PlainOutcome.CLIENT ? client : server;
  const passive = closer == PlainOutcome.CLIENT ? server : client;
  return max<f64>(0, float(passive, End.FIN_NS) - float(active, End.FIN_ACKED_NS));
}
