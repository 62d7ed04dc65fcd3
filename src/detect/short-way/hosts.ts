/** What is known of servers: `HostHeaders.note` for the short way, of a connection whose handshake was seen once. */
import { Desk } from '../../flow/desk';
import { AT_SERVER, LEAST_RTT_NS } from '../../flow/limits';
import { ConnectionFlag, End, Head } from '../../flow/record-layout';
import { float, word } from '../../flow/short-way/memory';
import { Host } from '../resets/host-layout';

const V4: f64 = 4294967296;
const V6: f64 = 8589934592;

/** `server`: where its block is; `address`: its own. */
export function noteHost(at: i32, server: i32, address: i32, isV6: bool): void {
  const ttl = word(server, End.TTL);
  const ttlLow = (ttl >> 8) & 255;
  const ttlHigh = (ttl >> 16) & 255;
  if (ttlHigh == 0) return;
  const key = <f64>(<u32>address) + (isV6 ? V6 : V4);
  const place = placeOf(address);
  if (load<f64>(place + (Host.KEY << 2)) != key) {
    store<f64>(place + (Host.KEY << 2), key);
    store<f64>(place + (Host.QUICKEST << 2), Infinity);
    store<i32>(place + (Host.ACCEPTED << 2), 0);
    store<i32>(place + (Host.TTL_LOW << 2), 255);
    store<i32>(place + (Host.TTL_HIGH << 2), 0);
    store<i32>(place + (Host.AT_TAP << 2), 0);
  }
  const accepted = place + (Host.ACCEPTED << 2);
  store<i32>(accepted, load<i32>(accepted) + 1);
  if (ttlLow < load<i32>(place + (Host.TTL_LOW << 2))) store<i32>(place + (Host.TTL_LOW << 2), ttlLow);
  if (ttlHigh > load<i32>(place + (Host.TTL_HIGH << 2))) store<i32>(place + (Host.TTL_HIGH << 2), ttlHigh);
  const answeredNs = float(at, Head.SYN_ACK_NS) - float(at, Head.FIRST_NS);
  const quickest = place + (Host.QUICKEST << 2);
  if (answeredNs >= 0 && answeredNs < load<f64>(quickest)) store<f64>(quickest, answeredNs);
  const rttNs = float(at, Head.RTT);
  if ((word(at, Head.FLAGS) & ConnectionFlag.RTT_KNOWN) == 0 || rttNs < LEAST_RTT_NS) return;
  const atTap = place + (Host.AT_TAP << 2);
  store<i32>(atTap, load<i32>(atTap) + (answeredNs < rttNs * AT_SERVER ? 1 : -2));
}

function placeOf(address: i32): i32 {
  const h = address * <i32>0x9e3779b1;
  return Desk.HOSTS + ((((h ^ (h >>> 15)) & (Host.PLACES - 1)) * Host.WORDS) << 2);
}
