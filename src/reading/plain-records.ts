import { CHUNKS, DEFAULT_CHUNK_LEN, DEFAULT_HEADROOM } from '../capture/byte-source.js';
import type { PcapCursor, PlainLayout } from '../capture/pcap.js';
import { SegmentBatch } from '../segment/segment-batch.js';
import { instantiate } from '../segment/web-assembly.js';
import { BATCH_CAPACITY } from './batch-sink.js';
import { PlainDesk } from './plain-desk.js';

/** What the types of Node leave out: a memory of this thread alone. */
interface OwnMemory {
  readonly buffer: ArrayBuffer;
}
const { Memory } = WebAssembly as unknown as {
  readonly Memory: new (pages: { readonly initial: number; readonly maximum: number }) => OwnMemory;
};

/** What `short-way/records.ts` exports. */
interface Exports {
  decode(pos: number, limit: number): number;
}

const PAGE = 65536;

/**
 * The way of most records of most files, as WebAssembly: classic pcap, Ethernet, IPv4 and TCP, decoded where the file was
 * read to. One call decodes up to the first record that is anything else, which `SegmentDecoder` takes, or to a full batch.
 */
export class PlainRecords {
  /** Is filled; lies in the memory that the chunks lie in. */
  readonly batch: SegmentBatch;
  /** For the file to be read into. */
  readonly chunks: readonly Uint8Array[];
  /** After `take`: the time of the last record, and how many were decoded. */
  previousNs = NaN;
  taken = 0;

  readonly #memory: ArrayBufferLike;
  readonly #exports: Exports;
  readonly #i32: Int32Array;
  readonly #f64: Float64Array;

  private constructor(memory: OwnMemory, chunkLen: number) {
    this.#exports = instantiate('reading/plain-records', memory) as Exports;
    const { buffer } = memory;
    this.#memory = buffer;
    this.#i32 = new Int32Array(buffer, 0, PlainDesk.CHUNKS / 4);
    this.#f64 = new Float64Array(buffer, 0, PlainDesk.CHUNKS / 8);
    this.batch = new SegmentBatch(BATCH_CAPACITY, buffer, PlainDesk.BATCH);
    this.chunks = Array.from(
      { length: CHUNKS },
      (_, i) => new Uint8Array(buffer, PlainDesk.CHUNKS + i * chunkLen, chunkLen),
    );
  }

  /**
   * @param chunkLen octets of a chunk with its headroom
   * @returns null where the system does not give a WebAssembly memory the address space that it wants (`ulimit -v`)
   */
  static forChunksOf(chunkLen = DEFAULT_HEADROOM + DEFAULT_CHUNK_LEN): PlainRecords | null {
    const pages = Math.ceil((PlainDesk.CHUNKS + CHUNKS * chunkLen) / PAGE);
    try {
      return new PlainRecords(new Memory({ initial: pages, maximum: pages }), chunkLen);
    } catch (error) {
      if (error instanceof RangeError) return null;
      throw error;
    }
  }

  /** Takes the records that come next in the cursor into `batch`, as long as they are plain and there is room. */
  take(cursor: PcapCursor, layout: PlainLayout, previousNs: number): void {
    this.previousNs = previousNs;
    this.taken = 0;
    const { bytes } = cursor;
    if (bytes.buffer !== this.#memory) return; // a window from before, or one for a record longer than all others
    this.#f64[PlainDesk.PREVIOUS_NS / 8] = previousNs;
    this.#f64[PlainDesk.EPOCH_SECONDS / 8] = layout.epochSeconds;
    this.#f64[PlainDesk.EPOCH_NANOSECONDS / 8] = layout.epochNanoseconds;
    this.#f64[PlainDesk.NS_PER_UNIT / 8] = layout.nsPerUnit;
    this.#i32[PlainDesk.LITTLE_ENDIAN / 4] = layout.littleEndian ? 1 : 0;
    this.#i32[PlainDesk.MAX_CAPTURED_LEN / 4] = layout.maxCapturedLen;
    this.#i32[PlainDesk.FRAME / 4] = cursor.frame;
    this.#i32[PlainDesk.ROWS / 4] = this.batch.length;
    this.#i32[PlainDesk.CUT_FRAMES / 4] = 0;
    const { pos, limit } = cursor.ahead;
    const next = this.#exports.decode(bytes.byteOffset + pos, bytes.byteOffset + limit) - bytes.byteOffset;
    this.taken = (this.#i32[PlainDesk.FRAME / 4]! - cursor.frame) >>> 0; // numbers of frames may be beyond 2^32
    if (this.taken === 0) return;
    this.batch.length = this.#i32[PlainDesk.ROWS / 4]!;
    this.previousNs = this.#f64[PlainDesk.PREVIOUS_NS / 8]!;
    cursor.pass(next, this.taken, this.#i32[PlainDesk.CUT_FRAMES / 4]!);
  }
}
