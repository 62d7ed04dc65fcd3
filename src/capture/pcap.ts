import type { ByteSource } from './byte-source.js';
import { badRecordLength, cutRecord, cutRecordHeader } from './damage.js';
import type { EpochHolder } from './epoch.js';
import type { PcapHeader } from './pcap-header.js';
import { chooseRecordHeaderLen } from './pcap-variant.js';
import type { CaptureFacts, Damage } from './record.js';
import { WindowCursor } from './window-cursor.js';

/** Octet offsets in a record header, in order. The modified variant appends interface, protocol and packet type. */
const enum RecordHeader {
  SECONDS = 0,
  FRACTION = 4,
  CAPTURED_LEN = 8,
  ORIGINAL_LEN = 12,
  LEN = 16,
}

/** Most captured octets a record may have, whatever the snap length: what libpcap and Wireshark hold to. */
const SANE_CAPTURED_LEN = 262_144;
/** Captured octets that a snap length above that can raise it to. */
const MAX_CAPTURED_LEN = 16 << 20;
/** The same for link types whose frames are large: D-Bus, USB. */
const LARGE_FRAME_LINK_TYPES = new Set([189, 220, 231, 249, 266, 279, 288]);
const LARGE_CAPTURED_LEN = 128 << 20;

/** A record: seconds, fraction, captured length and original length of four octets each, then the frame. */
export interface PlainLayout {
  readonly littleEndian: boolean;
  readonly nsPerUnit: number;
  readonly maxCapturedLen: number;
  /** What times are counted from. */
  readonly epochSeconds: number;
  readonly epochNanoseconds: number;
}

/** The largest captured length that is believed in a file with this header. */
export function maxCapturedLen(header: PcapHeader): number {
  if (LARGE_FRAME_LINK_TYPES.has(header.linkType)) return LARGE_CAPTURED_LEN;
  return Math.max(SANE_CAPTURED_LEN, Math.min(header.snaplen, MAX_CAPTURED_LEN));
}

/** Classic pcap: both byte orders, micro- and nanoseconds, the modified variant, all versions from 2.0. */
export class PcapCursor extends WindowCursor {
  readonly format = 'pcap';
  readonly #header: PcapHeader;
  readonly #headerLen: number;
  readonly #littleEndian: boolean;
  readonly #nsPerUnit: number;
  readonly #maxCapturedLen: number;
  readonly #mayBeSwapped: boolean;
  #epochKnown = false;
  #epochSeconds = 0;
  #epochNanoseconds = 0;
  #cutFrames = 0;

  /** @param source stands at the first record, right behind the file header */
  constructor(source: ByteSource, epoch: EpochHolder, header: PcapHeader) {
    super(source, epoch);
    this.#header = header;
    this.#littleEndian = header.littleEndian;
    this.#nsPerUnit = header.nsPerUnit;
    this.#maxCapturedLen = maxCapturedLen(header);
    this.#mayBeSwapped = header.lengthOrder !== 'captured-first';
    this.#headerLen = chooseRecordHeaderLen(header, this.#maxCapturedLen, source);
    this.need = this.#headerLen;
    this.linkType = header.linkType;
    this.fcsLen = header.fcsLen;
  }

  /** How the records that come next lie in the file; null: not as nearly all do, or the first has not been read yet. */
  get plainLayout(): PlainLayout | null {
    const isPlain = this.#headerLen === RecordHeader.LEN && !this.#mayBeSwapped && this.#epochKnown && !this.held;
    if (!isPlain) return null;
    return {
      littleEndian: this.#littleEndian,
      nsPerUnit: this.#nsPerUnit,
      maxCapturedLen: this.#maxCapturedLen,
      epochSeconds: this.#epochSeconds,
      epochNanoseconds: this.#epochNanoseconds,
    };
  }

  /** Somebody else has read the next `records` records, `cutFrames` of them shorter than their frames, up to index `pos`. */
  pass(pos: number, records: number, cutFrames: number): void {
    this.pos = pos;
    this.frame += records;
    this.#cutFrames += cutFrames;
  }

  next(): boolean {
    if (this.held) return this.#release();
    const pos = this.pos;
    const at = pos + this.#headerLen;
    if (at > this.limit) {
      this.need = this.#headerLen;
      return false;
    }
    const view = this.view;
    const littleEndian = this.#littleEndian;
    let capturedLen = view.getUint32(pos + RecordHeader.CAPTURED_LEN, littleEndian);
    let originalLen = view.getUint32(pos + RecordHeader.ORIGINAL_LEN, littleEndian);
    if (this.#mayBeSwapped && (this.#header.lengthOrder === 'original-first' || capturedLen > originalLen)) {
      const first = capturedLen;
      capturedLen = originalLen;
      originalLen = first;
    }
    if (capturedLen > this.#maxCapturedLen) return this.#failAt(pos, capturedLen);
    const end = at + capturedLen;
    if (end > this.limit) {
      this.need = this.#headerLen + capturedLen;
      return false;
    }
    const seconds = view.getUint32(pos + RecordHeader.SECONDS, littleEndian);
    const nanoseconds = view.getUint32(pos + RecordHeader.FRACTION, littleEndian) * this.#nsPerUnit;
    if (!this.#epochKnown) this.#learnEpoch(seconds, nanoseconds);
    if (capturedLen < originalLen) this.#cutFrames++;
    this.timeNs = (seconds - this.#epochSeconds) * 1_000_000_000 + (nanoseconds - this.#epochNanoseconds);
    this.at = at;
    this.end = end;
    this.originalLen = originalLen;
    this.frame++;
    this.pos = end;
    return true;
  }

  get interfaceSnaplen(): number {
    return this.#header.snaplen;
  }

  facts(): CaptureFacts {
    return {
      format: this.format,
      linkTypes: [this.linkType],
      snaplen: this.#header.snaplen === 0 ? null : this.#header.snaplen,
      dropsReported: null,
      cutFrames: this.#cutFrames,
    };
  }

  protected override cutTail(offset: number, found: number): Damage {
    const headerLen = this.#headerLen;
    if (found < headerLen) return cutRecordHeader(offset, this.frame + 1, headerLen, found);
    return cutRecord(offset, this.frame + 1, this.need - headerLen, found - headerLen);
  }

  #release(): true {
    this.held = false;
    return true;
  }

  #failAt(pos: number, capturedLen: number): false {
    return this.fail(badRecordLength(this.source.offsetOf(pos), this.frame + 1, capturedLen, this.#maxCapturedLen));
  }

  #learnEpoch(seconds: number, nanoseconds: number): void {
    this.epoch.setOnce(seconds, nanoseconds);
    this.#epochSeconds = this.epoch.seconds;
    this.#epochNanoseconds = this.epoch.nanoseconds;
    this.#epochKnown = true;
  }
}
