/** Numbers in network byte order, and fields of a row of the batch on the desk. */
import { PlainDesk } from '../plain-desk';

export function netU16(at: i32): i32 {
  return bswap<u16>(load<u16>(at));
}

export function netU32(at: i32): i32 {
  return bswap<u32>(load<u32>(at));
}

export function setU8(column: i32, row: i32, value: i32): void {
  store<u8>(PlainDesk.BATCH + column * PlainDesk.CAPACITY + row, value);
}

export function setU16(column: i32, row: i32, value: i32): void {
  store<u16>(PlainDesk.BATCH + column * PlainDesk.CAPACITY + (row << 1), value);
}

export function setU32(column: i32, row: i32, value: i32): void {
  store<i32>(PlainDesk.BATCH + column * PlainDesk.CAPACITY + (row << 2), value);
}
