import type { Damage } from './record.js';

/** Sentences for the ways a capture can be damaged, so that every reader says the same of the same file. */

const KEPT = 'Everything before it was analysed.';

export function cutRecordHeader(offset: number, frame: number, expected: number, found: number): Damage {
  return {
    code: 'cut-record-header',
    offset,
    frame,
    message: `The file ends inside the header of record ${frame} at octet ${offset}: ${expected} octets expected, ${found} found. ${KEPT}`,
  };
}

export function cutRecord(offset: number, frame: number, expected: number, found: number): Damage {
  return {
    code: 'cut-record',
    offset,
    frame,
    message: `The file ends inside record ${frame} at octet ${offset}: ${expected} captured octets expected, ${found} found. ${KEPT}`,
  };
}

export function badRecordLength(offset: number, frame: number, claimed: number, max: number): Damage {
  return {
    code: 'bad-record-length',
    offset,
    frame,
    message:
      `Record ${frame} at octet ${offset} claims ${claimed} captured octets, but this file can hold at most ${max} a record. ` +
      `${KEPT} What follows cannot be told apart; a capture without the damage is needed to read on.`,
  };
}

export function cutBlock(offset: number, frame: number, expected: number, found: number): Damage {
  return {
    code: 'cut-block',
    offset,
    frame,
    message: `The file ends inside the block at octet ${offset}, before record ${frame}: ${expected} octets expected, ${found} found. ${KEPT}`,
  };
}

export function badBlock(code: string, offset: number, frame: number, what: string): Damage {
  return { code, offset, frame, message: `The block at octet ${offset}, before record ${frame}, ${what}. ${KEPT}` };
}

/** What stopped the octets (a disk error, damaged compression), said of the record it stopped before. */
export function cutInput(code: string, offset: number, frame: number, reason: string): Damage {
  return {
    code,
    offset,
    frame,
    message: `${reason} Nothing can be read from octet ${offset} of the capture on, where record ${frame} begins. ${KEPT}`,
  };
}
