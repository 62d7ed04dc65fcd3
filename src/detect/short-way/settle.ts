/**
 * Settling of plain closes: all that `JudgingEngine.onSettled` does for one of them but to give its addresses their ids. It
 * does all of it, or nothing.
 */
import { Desk } from '../../flow/desk';
import { Block, ConnectionFlag, End, Head } from '../../flow/record-layout';
import { float, setWord, word } from '../../flow/short-way/memory';
import { ZeekKind, ZeekWord } from '../../flow/zeek-codes';
import { CLOSE_WAIT_NS } from '../limits';
import { noteHost } from './hosts';
import { makeRow } from './plain-close';

const ROW_OCTETS: i32 = 28 << 3;
const HALF_RANGE: f64 = 2147483648;

/**
 * Puts the rows of the closes from place `first` of `Desk.CLOSES` on, up to `end` or as many as there is room for, on the
 * desk one after the other, up to the first that is not plain. Returns its place. Addresses in the rows are those of the
 * record, not their ids.
 */
export function settle(first: i32, end: i32): i32 {
  const last = min(end, first + Desk.PLAIN_ROOM);
  for (let i = first; i < last; i++) {
    if (!settleOne(Desk.PLAIN_ROWS + (i - first) * ROW_OCTETS, load<i32>(Desk.CLOSES + (i << 2)) << 9)) return i;
  }
  return last;
}

function settleOne(to: i32, at: i32): bool {
  const low = word(at, Head.LOW);
  const high = word(at, Head.HIGH);
  const state = word(at, Head.FLAGS);
  const clientIsHigh = (state & ConnectionFlag.CLIENT_HIGH) != 0;
  const client = at + ((clientIsHigh ? Block.HIGH : Block.LOW) << 2);
  const server = at + ((clientIsHigh ? Block.LOW : Block.HIGH) << 2);
  if (abs(float(client, End.FIN_NS) - float(server, End.FIN_NS)) >= CLOSE_WAIT_NS) return false;
  const zeek = zeekCode(at, client, server, clientIsHigh);
  if (zeek < 0 || !makeRow(to, at, <f64>zeek, <f64>(<u32>low), <f64>(<u32>high))) return false;

  noteHost(at, server, clientIsHigh ? low : high, (state & ConnectionFlag.V6) != 0);
  setWord(at, Head.FLAGS, (state | ConnectionFlag.WRITTEN | ConnectionFlag.PLAIN_ROW) & ~ConnectionFlag.CHANGED);
  return true;
}

/** As `ZeekRows.settle`, if the connection has a plain row; -1: it takes more to tell. */
function zeekCode(at: i32, client: i32, server: i32, clientIsHigh: bool): i32 {
  const z = word(at, Head.ZEEK);
  const node = z >> ZeekWord.NODE_SHIFT;
  if (z < 0 || (z & ZeekWord.RARE) != 0 || node >= Desk.NODES) return -1;
  const history = load<i32>(Desk.ZEEK_HISTORIES + (node << 2));
  if (history == 0 || !countsAsZeek(client, server) || !countsAsZeek(server, client)) return -1;
  const lastFin = max(float(client, End.FIN_NS), float(server, End.FIN_NS));
  if (!(abs(lastOfZeek(at, z, node) - lastFin) < 1)) return -1;
  const originatorIsHigh = (z & ZeekWord.ORIG) != 0;
  return (history << 1) | (originatorIsHigh == clientIsHigh ? 0 : 1);
}

/** Whether Zeek counts as many octets by the sequence numbers of an end whose FIN was seen. */
function countsAsZeek(mine: i32, theirs: i32): bool {
  const bytes = float(mine, End.BYTES);
  if (bytes >= HALF_RANGE) return true;
  const isn = word(mine, End.ISN);
  const size = max(word(mine, End.MAX_END) - isn, word(theirs, End.MAX_ACK) - isn);
  return <f64>max<i64>(0, <i64>size - 2) == bytes;
}

/** When Zeek's clock of the connection stopped. */
function lastOfZeek(at: i32, z: i32, node: i32): f64 {
  if (load<u8>(Desk.KINDS + (node << 1) + 1) < 2) return float(at, Head.LAST_NS);
  const keptNs = load<f64>(Desk.KEPT_NS + (ZeekKind.COMPLETE << 3));
  return (z & ZeekWord.TIMED) == 0 ? Infinity : float(at, Head.ZEEK_NS) - keptNs;
}
