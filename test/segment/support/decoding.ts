import { AddressTable } from '../../../src/segment/address-table.js';
import { type Frame, SegmentDecoder } from '../../../src/segment/decode.js';
import { SegmentBatch, SegmentOption } from '../../../src/segment/segment-batch.js';
import { STOP_REASONS } from '../../../src/wire/stop-reason.js';

/** Octets before and behind the frame in memory, as in a chunk of a file. */
const MARGIN = 24;

export interface FrameFacts {
  readonly linkType?: number;
  /** Where the snap length cut the frame. */
  readonly capturedLen?: number;
  readonly originalLen?: number;
  readonly fcsLen?: number;
  /** What lies in memory around the frame. */
  readonly around?: number;
}

/** A frame as a cursor shows it: in the middle of other octets, or, with `around` unset, at the very end of memory. */
export function frameOf(octets: Uint8Array, facts: FrameFacts = {}): Frame {
  const { linkType = 1, originalLen = octets.length, capturedLen = octets.length, fcsLen = 0, around } = facts;
  const behind = around === undefined ? 0 : MARGIN;
  const memory = new Uint8Array(MARGIN + capturedLen + behind).fill(around ?? 0xff);
  memory.set(octets.subarray(0, capturedLen), MARGIN);
  return {
    view: new DataView(memory.buffer),
    at: MARGIN,
    end: MARGIN + capturedLen,
    originalLen,
    timeNs: 17,
    linkType,
    fcsLen,
    frame: 3,
  };
}

/** One row of a batch, with absent options left out. */
export interface Row {
  readonly src: string;
  readonly dst: string;
  readonly srcPort: number;
  readonly dstPort: number;
  readonly seq: number;
  readonly ack: number;
  readonly flags: number;
  readonly window: number;
  readonly payloadLen: number;
  readonly options: number;
  readonly ttl: number;
  readonly tsval?: number;
  readonly tsecr?: number;
}

export interface Decoded {
  /** The reason's name; 'segment' where rows were appended. */
  readonly stop: string;
  readonly rows: readonly Row[];
  readonly batch: SegmentBatch;
  readonly decoder: SegmentDecoder;
}

/** Decodes one frame with a decoder of its own. */
export function decode(octets: Uint8Array, facts: FrameFacts = {}): Decoded {
  const addresses = new AddressTable();
  const decoder = new SegmentDecoder(addresses);
  const batch = new SegmentBatch(8);
  const stop = decoder.decode(frameOf(octets, facts), batch);
  const rows = Array.from({ length: batch.length }, (_, row) => rowOf(batch, row, addresses));
  return { stop: STOP_REASONS[stop]!.reason, rows, batch, decoder };
}

function rowOf(batch: SegmentBatch, row: number, addresses: AddressTable): Row {
  const options = batch.options[row]!;
  return {
    src: addresses.text(batch.family[row]!, batch.src[row]!),
    dst: addresses.text(batch.family[row]!, batch.dst[row]!),
    srcPort: batch.srcPort[row]!,
    dstPort: batch.dstPort[row]!,
    seq: batch.seq[row]!,
    ack: batch.ack[row]!,
    flags: batch.flags[row]!,
    window: batch.window[row]!,
    payloadLen: batch.payloadLen[row]!,
    options,
    ttl: batch.ttl[row]!,
    ...((options & SegmentOption.TIMESTAMP) !== 0 && { tsval: batch.tsval[row]!, tsecr: batch.tsecr[row]! }),
  };
}
