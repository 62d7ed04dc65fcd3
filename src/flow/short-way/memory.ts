/** Words of a record, whose address is in octets, and fields of a row of the batch on the desk. */
import { Column } from '../../segment/segment-columns';
import { Desk } from '../desk';
import { Block } from '../record-layout';

/** Where the record in a slot lies. */
export function recordAt(slot: i32): i32 {
  return slot * (Block.WORDS << 2);
}

export function word(at: i32, field: i32): i32 {
  return load<i32>(at + (field << 2));
}

export function setWord(at: i32, field: i32, value: i32): void {
  store<i32>(at + (field << 2), value);
}

export function float(at: i32, field: i32): f64 {
  return load<f64>(at + (field << 2));
}

export function setFloat(at: i32, field: i32, value: f64): void {
  store<f64>(at + (field << 2), value);
}

export function rowU8(column: i32, row: i32): i32 {
  return load<u8>(Desk.BATCH + column * Desk.ROWS + row);
}

export function rowU16(column: i32, row: i32): i32 {
  return load<u16>(Desk.BATCH + column * Desk.ROWS + (row << 1));
}

export function rowU32(column: i32, row: i32): i32 {
  return load<i32>(Desk.BATCH + column * Desk.ROWS + (row << 2));
}

export function rowNs(row: i32): f64 {
  return load<f64>(Desk.BATCH + Column.TIME_NS * Desk.ROWS + (row << 3));
}
