/**
 * The short way, in AssemblyScript: what nearly all segments are, from the SYN to the last ACK, where nothing rare is
 * known of the connection. It changes a record as `Tracker.follow` would, which says why, or not at all; a test holds both
 * ways to the same records. `desk.ts` says what lies where.
 */
import { SegmentOption, TcpFlag, Family } from '../../segment/segment-bits';
import { Column } from '../../segment/segment-columns';
import { CLOCK_STEP_NS, FORGOTTEN_NS, MOST_WINDOW_SHIFT, STRAY } from '../limits';
import { Block, ConnectionFlag, End, EndFlag, Head } from '../record-layout';
import { isCopy, signature } from './copies';
import { Desk, DeskEvent, Taken } from '../desk';
import { float, recordAt, rowNs, rowU16, rowU32, rowU8, setFloat, setWord, word } from './memory';
import { noteSegment } from './note';
import { complete, openUp, placeOf, tell } from './turns';
import { clearAhead, create, find, lately, peek, tupleHash, vacancy } from './tuples';
import { firstNode, moveZeek, zeekAfter } from './zeek';

/** A connection with one of these has a rare fact, a row in the database, or an end. */
const RARE: i32 =
  ConnectionFlag.REFUSED |
  ConnectionFlag.CHALLENGED |
  ConnectionFlag.FINISHED |
  ConnectionFlag.RESET |
  ConnectionFlag.REPLACED |
  ConnectionFlag.STORY |
  ConnectionFlag.WRITTEN |
  ConnectionFlag.CHANGED;
/** How far the handshake is. */
const PHASE: i32 =
  ConnectionFlag.SYN |
  ConnectionFlag.SYN_ACK |
  ConnectionFlag.HANDSHAKE |
  ConnectionFlag.ATTEMPT |
  ConnectionFlag.SIMULTANEOUS_OPEN;

/** Follows the segments of rows `row` to `end` - 1, up to the first that is not taken: its row; else `end`. */
export function take(row: i32, end: i32): i32 {
  for (; row < end; row++) {
    if (row >= load<i32>(Desk.WARM)) warm(row, end);
    if (follow(row) == Taken.NOT) return row;
  }
  return end;
}

/** Rows that are warmed at a time: their records fit into the first-level cache. */
const WARMED: i32 = 64;

/**
 * Touches the buckets of the next SYNs and the records that they may open, then the records of the other rows. One after
 * another, each segment would wait for its record from afar; here the processor asks for many at once.
 */
function warm(row: i32, end: i32): void {
  const last = min(row + WARMED, end);
  let touched: i32 = 0;
  let vacant = vacancy();
  for (let r = row; r < last; r++) {
    if ((rowU8(Column.FLAGS, r) & (TcpFlag.SYN | TcpFlag.ACK)) != TcpFlag.SYN) continue;
    touched ^= peek(tupleHashAt(r));
    vacant = clearAhead(vacant);
  }
  for (let r = row; r < last; r++) {
    const control = rowU8(Column.FLAGS, r) & (TcpFlag.FIN | TcpFlag.SYN | TcpFlag.ACK);
    if ((control & (TcpFlag.SYN | TcpFlag.ACK)) == TcpFlag.SYN) continue;
    const at = recordAt(lately(tupleHashAt(r)));
    const isLow = isFromLower(r);
    const mine = at + ((isLow ? Block.LOW : Block.HIGH) << 2);
    const theirs = at + ((isLow ? Block.HIGH : Block.LOW) << 2);
    touched ^= word(at, Head.FLAGS) ^ word(mine, End.FLAGS) ^ word(mine, End.LAST_SEQ) ^ word(theirs, End.FLAGS);
    if (control != TcpFlag.ACK) touched ^= word(mine, End.ISN) ^ word(theirs, End.ISN);
  }
  store<i32>(Desk.TOUCHED, touched);
  store<i32>(Desk.WARM, last);
}

function isFromLower(row: i32): bool {
  return isLower(
    rowU32(Column.SRC, row),
    rowU16(Column.SRC_PORT, row),
    rowU32(Column.DST, row),
    rowU16(Column.DST_PORT, row),
  );
}

function tupleHashAt(row: i32): i32 {
  const src = rowU32(Column.SRC, row);
  const dst = rowU32(Column.DST, row);
  const srcPort = rowU16(Column.SRC_PORT, row);
  const dstPort = rowU16(Column.DST_PORT, row);
  return isLower(src, srcPort, dst, dstPort)
    ? tupleHash(src, dst, (srcPort << 16) | dstPort)
    : tupleHash(dst, src, (dstPort << 16) | srcPort);
}

function isLower(src: i32, srcPort: i32, dst: i32, dstPort: i32): bool {
  return <u32>src < <u32>dst || (src == dst && srcPort <= dstPort);
}

function follow(row: i32): i32 {
  const ns = rowNs(row);
  const now = load<f64>(Desk.NOW);
  if (now - ns > CLOCK_STEP_NS) return Taken.NOT;
  const src = rowU32(Column.SRC, row);
  const dst = rowU32(Column.DST, row);
  const srcPort = rowU16(Column.SRC_PORT, row);
  const dstPort = rowU16(Column.DST_PORT, row);
  const isLow = isLower(src, srcPort, dst, dstPort);
  const low = isLow ? src : dst;
  const high = isLow ? dst : src;
  const ports = isLow ? (srcPort << 16) | dstPort : (dstPort << 16) | srcPort;
  const identity =
    rowU8(Column.FAMILY, row) == Family.V6 ? ConnectionFlag.LIVE | ConnectionFlag.V6 : ConnectionFlag.LIVE;
  const end = isLow ? 0 : 1;
  const slot = find(identity, low, high, ports);
  const what = slot < 0 ? open(identity, low, high, ports, end, row) : step(slot, end, row);
  if (what != Taken.NOT && ns > now) store<f64>(Desk.NOW, ns);
  return what;
}

function step(slot: i32, end: i32, row: i32): i32 {
  const at = recordAt(slot);
  const flags = rowU8(Column.FLAGS, row);
  const control = flags & (TcpFlag.FIN | TcpFlag.SYN | TcpFlag.RST | TcpFlag.ACK);
  const state = word(at, Head.FLAGS);
  if ((control & (TcpFlag.RST | TcpFlag.ACK)) != TcpFlag.ACK || (state & RARE) != 0) return Taken.NOT;
  if (word(at, Head.OLDER) >= 0 || rowU16(Column.WINDOW, row) == 0) return Taken.NOT;
  const ns = rowNs(row);
  if (ns - float(at, Head.LAST_NS) > FORGOTTEN_NS) return Taken.NOT;
  const options = rowU16(Column.OPTIONS, row);
  if ((options & (SegmentOption.CUT | SegmentOption.PAYLOAD_CUT)) != 0) return Taken.NOT;
  const mine = at + ((end == 0 ? Block.LOW : Block.HIGH) << 2);
  const theirs = at + ((end == 0 ? Block.HIGH : Block.LOW) << 2);
  if ((control & TcpFlag.SYN) != 0) {
    return control == (TcpFlag.SYN | TcpFlag.ACK) ? synAck(at, mine, theirs, end, row) : Taken.NOT;
  }
  const isOpen = (state & (ConnectionFlag.HANDSHAKE | ConnectionFlag.ATTEMPT)) == ConnectionFlag.HANDSHAKE;
  return isOpen || (state & PHASE) == (ConnectionFlag.SYN | ConnectionFlag.SYN_ACK)
    ? inOrder(slot, at, mine, theirs, end, row)
    : Taken.NOT;
}

/** Opens a connection with a SYN without payload, on a four-tuple that is not in the table, as `Tracker.open` does. */
function open(identity: i32, low: i32, high: i32, ports: i32, end: i32, row: i32): i32 {
  const slot = opens(row) && isPlainSyn(row) ? vacancy() : -1;
  if (slot < 0 || firstNode(row) < 0) return Taken.NOT;
  create(slot, identity, low, high, ports);
  const at = recordAt(slot);
  const id = load<i32>(Desk.NEXT_ID);
  store<i32>(Desk.NEXT_ID, id + 1);
  setWord(at, Head.ID, id);
  setWord(at, Head.INCARNATION, 1);
  setWord(at, Head.FIRST_FRAME, rowU32(Column.FRAME, row));
  setWord(at, Head.FIRST_CAPTURE, load<i32>(Desk.CAPTURE));
  setWord(at, Head.FLAGS, identity | ConnectionFlag.ATTEMPT | (end == 1 ? ConnectionFlag.FIRST_HIGH : 0));
  setFloat(at, Head.FIRST_NS, rowNs(row));
  setFloat(at, Head.LAST_NS, rowNs(row));
  tell(DeskEvent.OPENED, row, slot);
  return begin(slot, end, row);
}

/** Whether its four-tuple, which is not in the table, is in no other memory. */
function opens(row: i32): bool {
  return ((load<i32>(Desk.OPENING_ROWS + ((row >>> 5) << 2)) >>> (row & 31)) & 1) != 0;
}

function isPlainSyn(row: i32): bool {
  const control = rowU8(Column.FLAGS, row) & (TcpFlag.FIN | TcpFlag.SYN | TcpFlag.RST | TcpFlag.ACK);
  if (control != TcpFlag.SYN || rowU32(Column.PAYLOAD_LEN, row) != 0 || rowU16(Column.WINDOW, row) == 0) return false;
  return (rowU16(Column.OPTIONS, row) & (SegmentOption.CUT | SegmentOption.PAYLOAD_CUT)) == 0;
}

/**
 * Follows a SYN without payload, the first segment of a record that was just made for a four-tuple: `Taken.WHOLE` or
 * `Taken.NOT`.
 */
export function begin(slot: i32, end: i32, row: i32): i32 {
  const node = firstNode(row);
  if (!isPlainSyn(row) || node < 0) return Taken.NOT;
  const at = recordAt(slot);
  const options = rowU16(Column.OPTIONS, row);
  setWord(at, Head.ZEEK, end); // Zeek's first node is 0
  moveZeek(at, node, rowNs(row));
  const mine = at + ((end == 0 ? Block.LOW : Block.HIGH) << 2);
  const theirs = at + ((end == 0 ? Block.HIGH : Block.LOW) << 2);
  let mineFlags = EndFlag.SYN | EndFlag.ISN_KNOWN | EndFlag.END_KNOWN;
  if ((options & SegmentOption.TIMESTAMP) != 0) {
    const tsval = rowU32(Column.TSVAL, row);
    mineFlags |= EndFlag.TIMESTAMP | EndFlag.SYN_TIMESTAMP | EndFlag.TSVAL_KNOWN;
    setWord(mine, End.TSVAL, tsval);
    setWord(mine, End.SYN_TSVAL, tsval);
  } else {
    mineFlags |= EndFlag.NO_TIMESTAMP | EndFlag.SYN_NO_TIMESTAMP;
  }
  if ((options & SegmentOption.WINDOW_SCALE) != 0) {
    setWord(mine, End.WINDOW_SHIFT, min(rowU8(Column.WINDOW_SHIFT, row), MOST_WINDOW_SHIFT) + 1);
  }
  setWord(at, Head.SYNS, 1);
  setWord(at, Head.FLAGS, word(at, Head.FLAGS) | ConnectionFlag.SYN | (end == 1 ? ConnectionFlag.CLIENT_HIGH : 0));
  const isn = rowU32(Column.SEQ, row);
  setWord(mine, End.ISN, isn);
  setWord(mine, End.MAX_END, isn + 1);
  setWord(mine, End.FLAGS, mineFlags);
  noteSegment(at, mine, theirs, signature(row), row);
  return Taken.WHOLE;
}

/** The first answer to a SYN without payload. */
function synAck(at: i32, mine: i32, theirs: i32, end: i32, row: i32): i32 {
  const state = word(at, Head.FLAGS);
  if ((state & PHASE) != (ConnectionFlag.SYN | ConnectionFlag.ATTEMPT)) return Taken.NOT;
  const theirFlags = word(theirs, End.FLAGS);
  const synced = EndFlag.SYN | EndFlag.ISN_KNOWN | EndFlag.END_KNOWN;
  if (word(mine, End.FLAGS) != 0 || (theirFlags & (synced | EndFlag.FIN)) != synced) return Taken.NOT;
  const ack = rowU32(Column.ACK, row);
  if (ack != word(theirs, End.ISN) + 1 || ack != word(theirs, End.MAX_END)) return Taken.NOT;
  if (rowU32(Column.PAYLOAD_LEN, row) != 0 || echoesAnother(theirs, theirFlags, row)) return Taken.NOT;
  const node = zeekAfter(at, end, row);
  if (node < 0) return Taken.NOT;

  moveZeek(at, node, rowNs(row));
  const options = rowU16(Column.OPTIONS, row);
  let mineFlags = EndFlag.SYN_ACK | EndFlag.ISN_KNOWN | EndFlag.END_KNOWN | EndFlag.ACK_KNOWN;
  if ((options & SegmentOption.TIMESTAMP) != 0) {
    mineFlags |= EndFlag.TIMESTAMP | EndFlag.SYN_TIMESTAMP;
    setWord(mine, End.SYN_TSVAL, rowU32(Column.TSVAL, row));
    mineFlags = learnTimestamps(mine, theirs, mineFlags, theirFlags, row);
  } else {
    mineFlags |= EndFlag.NO_TIMESTAMP | EndFlag.SYN_NO_TIMESTAMP;
  }
  if ((options & SegmentOption.WINDOW_SCALE) != 0) {
    setWord(mine, End.WINDOW_SHIFT, min(rowU8(Column.WINDOW_SHIFT, row), MOST_WINDOW_SHIFT) + 1);
  }
  setWord(at, Head.SYN_ACKS, word(at, Head.SYN_ACKS) + 1);
  setWord(at, Head.FLAGS, (state | ConnectionFlag.SYN_ACK) & ~ConnectionFlag.ATTEMPT);
  setFloat(at, Head.SYN_ACK_NS, rowNs(row));
  setFloat(mine, End.OPENING_AT, placeOf(row));
  const isn = rowU32(Column.SEQ, row);
  setWord(mine, End.ISN, isn);
  setWord(mine, End.MAX_END, isn + 1);
  setWord(mine, End.MAX_ACK, ack);
  setWord(mine, End.FLAGS, mineFlags);
  noteSegment(at, mine, theirs, signature(row), row);
  return Taken.WHOLE;
}

/** The next segment of its sender, data, FIN or neither, that acknowledges nothing but what was seen. */
function inOrder(slot: i32, at: i32, mine: i32, theirs: i32, end: i32, row: i32): i32 {
  const state = word(at, Head.FLAGS);
  let mineFlags = word(mine, End.FLAGS);
  let theirFlags = word(theirs, End.FLAGS);
  const known = EndFlag.HEARD | EndFlag.END_KNOWN;
  if ((mineFlags & known) != known || (theirFlags & EndFlag.END_KNOWN) == 0) return Taken.NOT;
  if (((mineFlags | theirFlags) & (EndFlag.HOLES | EndFlag.END_OF_PROBE)) != 0) return Taken.NOT;

  const flags = rowU8(Column.FLAGS, row);
  const fin = flags & TcpFlag.FIN;
  const len = rowU32(Column.PAYLOAD_LEN, row);
  const seq = rowU32(Column.SEQ, row);
  const ack = rowU32(Column.ACK, row);
  const options = rowU16(Column.OPTIONS, row);
  const units = len + fin;
  if (seq != word(mine, End.MAX_END)) return Taken.NOT;
  if (units != 0 && (mineFlags & EndFlag.FIN) != 0) return Taken.NOT;
  if ((mineFlags & theirFlags & EndFlag.FIN) != 0 && seq - word(mine, End.FIN_END) > 0) return Taken.NOT;
  const unacknowledged = word(theirs, End.MAX_END) - ack;
  if (unacknowledged < 0 || unacknowledged >= STRAY) return Taken.NOT;
  const opens = (state & ConnectionFlag.HANDSHAKE) == 0;
  if (opens && ((theirFlags & EndFlag.SYN_ACK) == 0 || ack - word(theirs, End.ISN) < 1)) return Taken.NOT;
  if (opens && echoesAnother(theirs, theirFlags, row)) return Taken.NOT;
  // Such an ACK could also complete the close; and a first time to live is to be learned after the handshake is noted.
  if (opens && ((mineFlags & EndFlag.FIN) != 0 || word(mine, End.TTL) == 0)) return Taken.NOT;

  const ns = rowNs(row);
  const sign = signature(row);
  let isNew = len > 0;
  if ((mineFlags & EndFlag.ACK_KNOWN) != 0) {
    const fresh = ack - word(mine, End.MAX_ACK);
    if (fresh < 0 || fresh >= STRAY || (fresh == 0 && (options & SegmentOption.SACK) != 0)) return Taken.NOT;
    if (fresh > 0) isNew = true;
  }
  if (!isNew && isCopy(mine, sign, ns, row)) return Taken.NOT;
  const finEnd = seq + units;
  if (fin != 0 && (theirFlags & EndFlag.ACK_KNOWN) != 0 && word(theirs, End.MAX_ACK) - finEnd >= 0) return Taken.NOT;
  const node = zeekAfter(at, end, row);
  if (node < 0) return Taken.NOT;
  if ((options & SegmentOption.TIMESTAMP) != 0) {
    const tsval = rowU32(Column.TSVAL, row);
    if ((theirFlags & EndFlag.TS_RECENT_KNOWN) != 0 && word(theirs, End.TS_RECENT) - tsval > 0) return Taken.NOT;
    mineFlags = learnTimestamps(mine, theirs, mineFlags | EndFlag.TIMESTAMP, theirFlags, row);
  } else {
    mineFlags |= EndFlag.NO_TIMESTAMP;
  }

  moveZeek(at, node, ns);
  if (len > 0) {
    mineFlags |= EndFlag.DATA;
    setFloat(mine, End.BYTES, float(mine, End.BYTES) + <f64>len);
  }
  if (units > 0) setWord(mine, End.MAX_END, finEnd);
  if (fin != 0) {
    mineFlags |= EndFlag.FIN;
    setWord(mine, End.FIN_END, finEnd);
    setWord(mine, End.FIN_ACK, ack);
    setWord(mine, End.FIN_FRAME, rowU32(Column.FRAME, row));
    setWord(mine, End.FIN_CAPTURE, load<i32>(Desk.CAPTURE));
    setFloat(mine, End.FIN_NS, ns);
    if ((theirFlags & EndFlag.FIN) == 0) {
      setFloat(at, Head.IDLE_END, max<f64>(0, ns - float(at, Head.LAST_NS)));
      if (word(mine, End.WINDOW) == 0 || unacknowledged > 0) mineFlags |= EndFlag.PEER_HELD_BACK;
    }
  }
  setWord(mine, End.MAX_ACK, ack);
  mineFlags |= EndFlag.ACK_KNOWN;
  if (opens) setWord(at, Head.FLAGS, openUp(at, mine, theirs, state, row));
  let completes = false;
  if ((theirFlags & (EndFlag.FIN | EndFlag.FIN_ACKED)) == EndFlag.FIN) {
    if (ack - word(theirs, End.FIN_END) >= 0) {
      theirFlags |= EndFlag.FIN_ACKED;
      setFloat(theirs, End.FIN_ACKED_NS, ns);
      completes = (mineFlags & EndFlag.FIN_ACKED) != 0;
    } else if (len > 0) {
      theirFlags |= EndFlag.PEER_HELD_BACK;
    }
    setWord(theirs, End.FLAGS, theirFlags);
  }
  setWord(mine, End.FLAGS, mineFlags);
  if (completes) complete(slot, at, row);
  noteSegment(at, mine, theirs, sign, row);
  return Taken.WHOLE;
}

/** Whether a segment of the handshake echoes another timestamp than that of the SYN or SYN-ACK that it answers. */
function echoesAnother(theirs: i32, theirFlags: i32, row: i32): bool {
  if ((rowU16(Column.OPTIONS, row) & SegmentOption.TIMESTAMP) == 0) return false;
  if ((theirFlags & EndFlag.SYN_TIMESTAMP) == 0) return false;
  return rowU32(Column.TSECR, row) != word(theirs, End.SYN_TSVAL);
}

function hasCutOptions(mine: i32, theirs: i32): bool {
  return (word(min(mine, theirs) - (Block.LOW << 2), Head.FLAGS) & ConnectionFlag.OPTIONS_CUT) != 0;
}

/** TSval of the sender, and TS.Recent as its TSecr discloses it: the sender's flags, with what is known now. */
function learnTimestamps(mine: i32, theirs: i32, mineFlags: i32, theirFlags: i32, row: i32): i32 {
  const tsval = rowU32(Column.TSVAL, row);
  if ((mineFlags & EndFlag.TSVAL_KNOWN) == 0 || tsval - word(mine, End.TSVAL) > 0) {
    setWord(mine, End.TSVAL, tsval);
    mineFlags |= EndFlag.TSVAL_KNOWN;
  }
  const tsecr = rowU32(Column.TSECR, row);
  if (tsecr == 0) return mineFlags;
  if ((theirFlags & EndFlag.TSVAL_KNOWN) != 0) {
    if (tsecr - word(theirs, End.TSVAL) > 0) return mineFlags;
  } else if (hasCutOptions(mine, theirs)) return mineFlags;
  if ((mineFlags & EndFlag.TS_RECENT_KNOWN) == 0 || tsecr - word(mine, End.TS_RECENT) > 0) {
    setWord(mine, End.TS_RECENT, tsecr);
    setWord(mine, End.TS_RECENT_FRAME, rowU32(Column.FRAME, row));
    setFloat(mine, End.TS_RECENT_NS, rowNs(row));
    mineFlags |= EndFlag.TS_RECENT_KNOWN;
  }
  return mineFlags;
}
