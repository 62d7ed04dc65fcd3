/**
 * Settling of plain closes and of SYNs that nobody answered: all that `JudgingEngine.onSettled` does for one of them but to
 * give its addresses their ids. It does all of it, or nothing.
 */
import { ConnectionColumn } from '../../flow/connection-columns';
import { Desk } from '../../flow/desk';
import { Block, ConnectionFlag, End, Head } from '../../flow/record-layout';
import { float, recordAt, setWord, word } from '../../flow/short-way/memory';
import { ZeekKind, ZeekWord } from '../../flow/zeek-codes';
import { CLOSE_WAIT_NS } from '../limits';
import { noteHost } from './hosts';
import { loneSynRow } from './lone-syn';
import { closeRow } from './plain-close';

const ROW_OCTETS: i32 = ConnectionColumn.COUNT << 3;
const HALF_RANGE: f64 = 2147483648;

/**
 * Puts the rows of the connections from place `first` of `Desk.PLAIN_SLOTS` on, up to `end` or as many as there is room for, on the
 * desk one after the other, up to the first that is not plain. Returns its place. Addresses in the rows are those of the
 * record, not their ids.
 */
export function settle(first: i32, end: i32): i32 {
  const last = min(end, first + Desk.PLAIN_ROOM);
  for (let i = first; i < last; i++) {
    if (!settleOne(Desk.PLAIN_ROWS + (i - first) * ROW_OCTETS, recordAt(load<i32>(Desk.PLAIN_SLOTS + (i << 2)))))
      return i;
  }
  return last;
}

function settleOne(to: i32, at: i32): bool {
  const isClose = (word(at, Head.FLAGS) & ConnectionFlag.FINISHED) != 0;
  if (!(isClose ? settleClose(to, at) : settleSyn(to, at))) return false;
  setWord(
    at,
    Head.FLAGS,
    (word(at, Head.FLAGS) | ConnectionFlag.WRITTEN | ConnectionFlag.PLAIN_ROW) & ~ConnectionFlag.CHANGED,
  );
  return true;
}

/** A SYN that nobody answered. There is nothing in it for what is known of hosts. */
function settleSyn(to: i32, at: i32): bool {
  const state = word(at, Head.FLAGS);
  const clientIsHigh = (state & ConnectionFlag.CLIENT_HIGH) != 0;
  const client = at + ((clientIsHigh ? Block.HIGH : Block.LOW) << 2);
  const z = word(at, Head.ZEEK);
  const history = historyOf(z);
  // Zeek counts octets by sequence numbers, and has a clock of its own for what both ends have closed.
  if (history <= 0 || closedEnds(z >> ZeekWord.NODE_SHIFT) == 2) return false;
  if (float(client, End.BYTES) != 0 || word(client, End.MAX_END) - word(client, End.ISN) != 1) return false;
  const zeek = <f64>zeekCode(history, z, clientIsHigh);
  return loneSynRow(to, at, zeek, <f64>(<u32>word(at, Head.LOW)), <f64>(<u32>word(at, Head.HIGH)));
}

function settleClose(to: i32, at: i32): bool {
  const low = word(at, Head.LOW);
  const high = word(at, Head.HIGH);
  const state = word(at, Head.FLAGS);
  const clientIsHigh = (state & ConnectionFlag.CLIENT_HIGH) != 0;
  const client = at + ((clientIsHigh ? Block.HIGH : Block.LOW) << 2);
  const server = at + ((clientIsHigh ? Block.LOW : Block.HIGH) << 2);
  if (abs(float(client, End.FIN_NS) - float(server, End.FIN_NS)) >= CLOSE_WAIT_NS) return false;
  const z = word(at, Head.ZEEK);
  const history = historyOf(z);
  if (history <= 0 || !isWholeToZeek(at, z, client, server)) return false;
  const zeek = <f64>zeekCode(history, z, clientIsHigh);
  if (!closeRow(to, at, zeek, <f64>(<u32>low), <f64>(<u32>high))) return false;
  noteHost(at, server, clientIsHigh ? low : high, (state & ConnectionFlag.V6) != 0);
  return true;
}

/** Number of Zeek's history of a connection with that word; 0 or less: it has none yet, or there is more to it. */
function historyOf(z: i32): i32 {
  const node = z >> ZeekWord.NODE_SHIFT;
  if (z < 0 || (z & ZeekWord.RARE) != 0 || node >= Desk.NODES) return -1;
  return load<i32>(Desk.ZEEK_HISTORIES + (node << 2));
}

/** As `ZeekRows.settle`, of a connection whose own row says all that Zeek has of it. */
function zeekCode(history: i32, z: i32, clientIsHigh: bool): i32 {
  const originatorIsHigh = (z & ZeekWord.ORIG) != 0;
  return (history << 1) | (originatorIsHigh == clientIsHigh ? 0 : 1);
}

/** Whether the row of a close has Zeek's counts, and its last time. */
function isWholeToZeek(at: i32, z: i32, client: i32, server: i32): bool {
  if (!countsAsZeek(client, server) || !countsAsZeek(server, client)) return false;
  const lastFin = max(float(client, End.FIN_NS), float(server, End.FIN_NS));
  return abs(lastOfZeek(at, z) - lastFin) < 1;
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
function lastOfZeek(at: i32, z: i32): f64 {
  if (closedEnds(z >> ZeekWord.NODE_SHIFT) < 2) return float(at, Head.LAST_NS);
  const keptNs = load<f64>(Desk.KEPT_NS + (ZeekKind.COMPLETE << 3));
  return (z & ZeekWord.TIMED) == 0 ? Infinity : float(at, Head.ZEEK_NS) - keptNs;
}

/** How many ends of the node have closed. */
function closedEnds(node: i32): i32 {
  return load<u8>(Desk.KINDS + (node << 1) + 1);
}
