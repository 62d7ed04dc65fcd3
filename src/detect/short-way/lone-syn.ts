/** The row of a connection that is nothing but a SYN, which nobody has answered: a scan or a flood is millions of them. */
import { Desk } from '../../flow/desk';
import { Block, ConnectionFlag, End, EndFlag, Head } from '../../flow/record-layout';
import { float, word } from '../../flow/short-way/memory';
import { PlainOutcome } from '../plain-outcome';
import { NONE, ZEEK_UNIT, place, put, putNs } from './put';

/** Of a connection with any other flag than these there is more to say. */
const ALL: i32 = ConnectionFlag.LIVE | ConnectionFlag.SYN | ConnectionFlag.ATTEMPT;
const ANY: i32 = ConnectionFlag.CLIENT_HIGH | ConnectionFlag.FIRST_HIGH | ConnectionFlag.V6 | ConnectionFlag.CHANGED;

/** Likewise of the client; the server was not heard. */
const CLIENT_ALL: i32 = EndFlag.HEARD | EndFlag.SYN | EndFlag.ISN_KNOWN | EndFlag.END_KNOWN;
const CLIENT_ANY: i32 =
  EndFlag.SYN_TIMESTAMP | EndFlag.SYN_NO_TIMESTAMP | EndFlag.TIMESTAMP | EndFlag.NO_TIMESTAMP | EndFlag.TSVAL_KNOWN;

/** Puts the row of the connection whose record is at `at` to `to`. False: it is more than a SYN. Addresses are ids of the database. */
export function loneSynRow(to: i32, at: i32, zeek: f64, lowAddress: f64, highAddress: f64): bool {
  const state = word(at, Head.FLAGS);
  if ((state & ~ANY) != ALL) return false;
  const clientIsHigh = (state & ConnectionFlag.CLIENT_HIGH) != 0;
  const client = at + ((clientIsHigh ? Block.HIGH : Block.LOW) << 2);
  const server = at + ((clientIsHigh ? Block.LOW : Block.HIGH) << 2);
  const clientFlags = word(client, End.FLAGS);
  if ((clientFlags & ~CLIENT_ANY) != CLIENT_ALL || word(server, End.FLAGS) != 0) return false;
  if (word(at, Head.INCARNATION) != 1 || word(at, Head.SYNS) != 1 || word(at, Head.SYN_ACKS) != 0) return false;
  if ((word(client, End.RETRANSMISSIONS) | word(server, End.RETRANSMISSIONS)) != 0) return false;
  if (float(client, End.REPEATED) + float(server, End.REPEATED) > 0) return false;

  const without = (clientFlags & EndFlag.SYN_NO_TIMESTAMP) != 0;
  const outcome = PlainOutcome.LONE_SYN + (without ? PlainOutcome.WITHOUT_TIMESTAMPS : PlainOutcome.WITH_TIMESTAMPS);
  const firstNs = float(at, Head.FIRST_NS);
  const ports: u32 = word(at, Head.PORTS);
  put(to, 0, <f64>(<u32>word(at, Head.ID)));
  put(to, 1, clientIsHigh ? highAddress : lowAddress);
  put(to, 2, clientIsHigh ? lowAddress : highAddress);
  put(to, 3, <f64>(clientIsHigh ? (ports << 16) | (ports >>> 16) : ports));
  put(to, 4, <f64>load<i32>(Desk.PLAIN_OUTCOMES + (outcome << 2)) + zeek * ZEEK_UNIT);
  put(to, 5, 0);
  putNs(to, 6, firstNs);
  putNs(to, 7, max<f64>(0, float(at, Head.LAST_NS) - firstNs));
  put(to, 8, place(word(at, Head.FIRST_CAPTURE), word(at, Head.FIRST_FRAME)));
  put(to, 9, place(word(at, Head.LAST_CAPTURE), word(at, Head.LAST_FRAME)));
  for (let column = 10; column < 28; column++) put(to, column, NONE);
  put(to, 14, <f64>(<u32>word(client, End.ISN)));
  put(to, 16, <f64>(<u32>word(client, End.PACKETS)));
  put(to, 17, <f64>(<u32>word(server, End.PACKETS)));
  put(to, 18, float(client, End.BYTES));
  put(to, 19, float(server, End.BYTES));
  put(to, 20, place(word(client, End.FIN_CAPTURE), word(client, End.FIN_FRAME)));
  put(to, 21, place(word(server, End.FIN_CAPTURE), word(server, End.FIN_FRAME)));
  putNs(to, 25, float(at, Head.IDLE_MAX));
  return true;
}
