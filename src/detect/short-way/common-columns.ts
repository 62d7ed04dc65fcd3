/** What the plain rows have in common, and what they must not have. */
import { ConnectionColumn } from '../../flow/connection-columns';
import { Desk } from '../../flow/desk';
import { End, Head } from '../../flow/record-layout';
import { float, word } from '../../flow/short-way/memory';
import { ZEEK_UNIT, past, place, put, putNs } from './put';

/** Whether it has more than one of something, or other than so many SYN-ACKs: a second row would have to tell. */
export function isUncommon(at: i32, client: i32, server: i32, synAcks: i32): bool {
  if (word(at, Head.INCARNATION) != 1 || word(at, Head.SYNS) != 1 || word(at, Head.SYN_ACKS) != synAcks) return true;
  if ((word(client, End.RETRANSMISSIONS) | word(server, End.RETRANSMISSIONS)) != 0) return true;
  return float(client, End.REPEATED) + float(server, End.REPEATED) > 0;
}

/**
 * Puts the columns of the record at `at` that both sorts of rows have, from its id to its longest silence. `outcome`: a
 * `PlainOutcome`. The others are left as they are.
 */
export function putCommon(
  to: i32,
  at: i32,
  client: i32,
  server: i32,
  clientIsHigh: bool,
  lowAddress: f64,
  highAddress: f64,
  outcome: i32,
  zeek: f64,
): void {
  const firstNs = float(at, Head.FIRST_NS);
  const firstAt = place(word(at, Head.FIRST_CAPTURE), word(at, Head.FIRST_FRAME));
  const ports: u32 = word(at, Head.PORTS);
  put(to, ConnectionColumn.ID, <f64>(<u32>word(at, Head.ID)));
  put(to, ConnectionColumn.CLIENT_ADDRESS, clientIsHigh ? highAddress : lowAddress);
  put(to, ConnectionColumn.SERVER_ADDRESS, clientIsHigh ? lowAddress : highAddress);
  put(to, ConnectionColumn.PORTS, <f64>(clientIsHigh ? (ports << 16) | (ports >>> 16) : ports));
  put(to, ConnectionColumn.OUTCOME, <f64>load<i32>(Desk.PLAIN_OUTCOMES + (outcome << 2)) + zeek * ZEEK_UNIT);
  put(to, ConnectionColumn.RESET, 0);
  putNs(to, ConnectionColumn.FIRST_REL, firstNs);
  putNs(to, ConnectionColumn.LASTED_SPAN, max<f64>(0, float(at, Head.LAST_NS) - firstNs));
  put(to, ConnectionColumn.FIRST_AT, firstAt);
  put(to, ConnectionColumn.LAST_PAST, place(word(at, Head.LAST_CAPTURE), word(at, Head.LAST_FRAME)) - firstAt);
  put(to, ConnectionColumn.CLIENT_ISN, <f64>(<u32>word(client, End.ISN)));
  put(to, ConnectionColumn.CLIENT_PACKETS, <f64>(<u32>word(client, End.PACKETS)));
  put(to, ConnectionColumn.SERVER_PACKETS, <f64>(<u32>word(server, End.PACKETS)));
  put(to, ConnectionColumn.CLIENT_BYTES, float(client, End.BYTES));
  put(to, ConnectionColumn.SERVER_BYTES, float(server, End.BYTES));
  put(to, ConnectionColumn.CLIENT_FIN_PAST, past(word(client, End.FIN_CAPTURE), word(client, End.FIN_FRAME), firstAt));
  put(to, ConnectionColumn.SERVER_FIN_PAST, past(word(server, End.FIN_CAPTURE), word(server, End.FIN_FRAME), firstAt));
  putNs(to, ConnectionColumn.IDLE_MAX_SPAN, float(at, Head.IDLE_MAX));
}
