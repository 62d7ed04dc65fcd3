/** What the handshake and the close are over with: `noteHandshake` and `Tracker.complete` for the short way. */
import { Column } from '../../segment/segment-columns';
import { Desk, DeskEvent } from '../desk';
import { AT_CLIENT, AT_SERVER, LEAST_RTT_NS } from '../limits';
import { ConnectionFlag, End, EndFlag, Head } from '../record-layout';
import { float, rowNs, rowU32, setFloat, setWord, word } from './memory';

/** Has an event of a row told. */
export function tell(event: i32, row: i32, slot: i32): void {
  const events = load<i32>(Desk.EVENTS);
  const at = Desk.EVENT_LIST + (events << 3);
  store<i32>(at, event | row);
  store<i32>(at, slot, 4);
  store<i32>(Desk.EVENTS, events + 1);
}

/** The segment in `row` completes the handshake. `state`: `Head.FLAGS` before it. Returns what they are after it. */
export function openUp(at: i32, mine: i32, theirs: i32, state: i32, row: i32): i32 {
  const first = float(at, Head.FIRST_NS);
  const rtt = rowNs(row) - first;
  setFloat(at, Head.RTT, rtt);
  if ((word(mine, End.FLAGS) & EndFlag.SYN_ACK) == 0) setFloat(mine, End.OPENING_AT, placeOf(row));
  const opened = state | ConnectionFlag.HANDSHAKE;
  if ((state & (ConnectionFlag.RTT_AMBIGUOUS | ConnectionFlag.SYN)) != ConnectionFlag.SYN || rtt < 0) return opened;
  if (float(mine, End.BYTES) == 0) {
    noteVantage(rtt, float(at, Head.SYN_ACK_NS) - first, word(mine, End.TTL) & 255, word(theirs, End.TTL) & 255);
  }
  return opened | ConnectionFlag.RTT_KNOWN;
}

/** `placeOf` a row of the desk. */
export function placeOf(row: i32): f64 {
  return <f64>load<u32>(Desk.CAPTURE) * 4294967296 + <f64>(<u32>rowU32(Column.FRAME, row));
}

function noteVantage(rtt: f64, synAck: f64, clientTtl: i32, serverTtl: i32): void {
  if (rtt < LEAST_RTT_NS) return;
  const share = synAck / rtt;
  const place = share > AT_CLIENT ? 0 : share < AT_SERVER ? 1 : 2;
  if (place == 0 && !isInitial(clientTtl) && isInitial(serverTtl)) return;
  if (place == 1 && !isInitial(serverTtl) && isInitial(clientTtl)) return;
  const at = Desk.HANDSHAKES + (place << 2);
  store<i32>(at, load<i32>(at) + 1);
}

function isInitial(ttl: i32): bool {
  return ttl == 64 || ttl == 128 || ttl == 255;
}

/**
 * Both FINs are acknowledged, the last by the segment in `row`. That is no late ACK, as in `timeWaitBegan`: Zeek's timer after
 * a FIN is shorter, and has sent the segment the long way.
 */
export function complete(slot: i32, at: i32, row: i32): void {
  setWord(at, Head.FLAGS, word(at, Head.FLAGS) | ConnectionFlag.FINISHED);
  setFloat(at, Head.TIME_WAIT_LAST_NS, rowNs(row));
  setFloat(at, Head.ENDED_NS, rowNs(row));
  tell(DeskEvent.COMPLETE, row, slot);
}
