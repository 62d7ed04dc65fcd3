/** Four-tuples heard lately: `ConnectionTable.find` for the short way. */
import { ConnectionFlag, Head } from '../record-layout';
import { Desk } from '../desk';
import { word } from './memory';

/** The newest incarnation on a four-tuple, or -1 where that was not heard lately. */
export function find(identity: i32, low: i32, high: i32, ports: i32): i32 {
  const slot = lately(low, high, ports);
  const at = slot << 9;
  const isIt =
    word(at, Head.PORTS) == ports &&
    word(at, Head.LOW) == low &&
    word(at, Head.HIGH) == high &&
    word(at, Head.NEWER) == -1 &&
    (word(at, Head.FLAGS) & (ConnectionFlag.LIVE | ConnectionFlag.V6)) == identity;
  return isIt ? slot : -1;
}

/** The slot that has the place of a four-tuple, its own or another's. */
export function lately(low: i32, high: i32, ports: i32): i32 {
  return load<i32>(Desk.RECENT + ((tupleHash(low, high, ports) & (Desk.RECENT_SLOTS - 1)) << 2));
}

function tupleHash(low: i32, high: i32, ports: i32): i32 {
  let h = (low * <i32>0x9e3779b1) ^ (high * <i32>0x85ebca6b) ^ (ports * <i32>0xc2b2ae35);
  h = (h ^ (h >>> 15)) * 0x2c1b3c6d;
  return h ^ (h >>> 12);
}
