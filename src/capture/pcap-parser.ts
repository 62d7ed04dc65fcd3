import { EventEmitter } from 'node:events';
import pcapParser from 'pcap-parser';
import { CaptureError } from '../errors.js';
import type { ByteSource } from './byte-source.js';
import { badRecordLength, cutInput, cutRecord, cutRecordHeader } from './damage.js';
import type { EpochHolder } from './epoch.js';
import { readLinkTypeField } from './link-type-field.js';
import { maxCapturedLen } from './pcap.js';
import { PCAP_FILE_HEADER_LEN, type PcapHeader } from './pcap-header.js';
import { RecordCursor, type CaptureFacts, type Damage } from './record.js';

const RECORD_HEADER_LEN = 16;

/** Why the package cannot read a file with this header, or null when it can. */
export function whyNotPcapParser(header: PcapHeader): string | null {
  if (header.variant === 'modified') return 'records with the modified, longer header';
  if (header.nsPerUnit !== 1000) return 'time stamps in nanoseconds';
  if (header.lengthOrder !== 'captured-first')
    return `version ${header.versionMajor}.${header.versionMinor} with its other order of the lengths`;
  return null;
}

/** The error for a file that the package cannot read, with the way out. */
export function notForPcapParser(name: string, what: string): CaptureError {
  return new CaptureError(
    'not-for-pcap-parser',
    `${name}: the package pcap-parser cannot read ${what}. Leave out --reader pcap-parser.`,
  );
}

/**
 * The same records as `PcapCursor` gives, found by the npm package `pcap-parser`: a second opinion, for those who want one.
 *
 * The package has no back-pressure and drops a cut last record without a word. So it is fed one chunk at a time through
 * an emitter of our own, the records it emits wait in arrays, and the octets it was fed are counted against those it
 * used. It reads classic microsecond pcap of version 2.4 only.
 */
export class PcapParserCursor extends RecordCursor {
  readonly format = 'pcap';
  readonly #source: ByteSource;
  readonly #epoch: EpochHolder;
  readonly #maxCapturedLen: number;
  readonly #feed = new Feed();
  #snaplen = 0;

  /** The records of the chunk fed last, and the next of them to hand out. */
  #records: { readonly header: PacketHeader; readonly data: Buffer }[] = [];
  #index = 0;
  #cutFrames = 0;
  #held = false;
  #over = false;
  /** Octets fed, used by whole records, and records emitted. */
  #fedLen = 0;
  #usedLen = PCAP_FILE_HEADER_LEN;
  #emitted = 0;
  /** The record whose header was read and whose data has not come whole. */
  #open: PacketHeader | null = null;
  #failure: Damage | null = null;

  /** @param source stands at the very start of the file */
  constructor(source: ByteSource, epoch: EpochHolder, header: PcapHeader) {
    super();
    this.#source = source;
    this.#epoch = epoch;
    this.#maxCapturedLen = maxCapturedLen(header);
    const parser = pcapParser.parse(this.#feed);
    parser.on('globalHeader', ({ snapshotLength, linkLayerType }) => {
      this.#snaplen = snapshotLength;
      const field = readLinkTypeField(linkLayerType);
      this.linkType = field.linkType;
      this.fcsLen = field.fcsLen;
    });
    parser.on('packetHeader', (record) => this.#openRecord(record));
    parser.on('packet', ({ header: record, data }) => this.#takeRecord(record, data));
    parser.on('error', (error) => {
      const message = `The package pcap-parser stopped: ${error.message}.`;
      this.#failure ??= { code: 'pcap-parser-error', offset: this.#usedLen, frame: this.#emitted + 1, message };
    });
    this.#feedWindow();
  }

  next(): boolean {
    if (this.#held) {
      this.#held = false;
      return true;
    }
    const record = this.#records[this.#index];
    if (record === undefined) return false;
    this.#index++;
    const { header, data } = record;
    if (data.buffer !== this.bytes.buffer) {
      this.bytes = new Uint8Array(data.buffer);
      this.view = new DataView(data.buffer);
    }
    const nanoseconds = header.timestampMicroseconds * 1000;
    this.#epoch.setOnce(header.timestampSeconds, nanoseconds);
    this.timeNs = this.#epoch.toRelative(header.timestampSeconds, nanoseconds);
    this.at = data.byteOffset;
    this.end = data.byteOffset + data.length;
    this.originalLen = header.originalLength;
    this.frame++;
    if (data.length < header.originalLength) this.#cutFrames++;
    return true;
  }

  async refill(): Promise<boolean> {
    if (this.#held) return true;
    if (this.#over) return false;
    this.#records = [];
    this.#index = 0;
    while (this.#records.length === 0 && this.#failure === null) {
      if (!(await this.#source.advance(this.#source.end, 1))) break;
      this.#feedWindow();
    }
    if (this.#records.length > 0) return true;
    this.#over = true;
    this.damage = this.#failure ?? this.#cutTail();
    return false;
  }

  async peek(): Promise<boolean> {
    while (!this.next()) {
      if (!(await this.refill())) return false;
    }
    this.#held = true;
    return true;
  }

  get interfaceSnaplen(): number {
    return this.#snaplen;
  }

  facts(): CaptureFacts {
    return {
      format: this.format,
      linkTypes: [this.linkType],
      snaplen: this.#snaplen === 0 ? null : this.#snaplen,
      dropsReported: null,
      cutFrames: this.#cutFrames,
    };
  }

  close(): Promise<void> {
    this.#over = true;
    return this.#source.close();
  }

  /** Gives the package all octets in the window. It keeps parts of them, so they are copied out first. */
  #feedWindow(): void {
    const { bytes, start, end } = this.#source;
    this.#fedLen += end - start;
    this.#feed.emit('data', Buffer.from(bytes.subarray(start, end)));
  }

  #openRecord(record: PacketHeader): void {
    this.#open = record;
    if (record.capturedLength > this.#maxCapturedLen) {
      this.#failure ??= badRecordLength(this.#usedLen, this.#emitted + 1, record.capturedLength, this.#maxCapturedLen);
    }
  }

  #takeRecord(header: PacketHeader, data: Buffer): void {
    if (this.#failure !== null) return;
    this.#open = null;
    this.#emitted++;
    this.#usedLen += RECORD_HEADER_LEN + data.length;
    this.#records.push({ header, data });
  }

  /** What the package does not tell: octets that it was fed and that belong to no whole record. */
  #cutTail(): Damage | null {
    const frame = this.#emitted + 1;
    const { damage } = this.#source;
    if (damage !== null) return cutInput(damage.code, this.#usedLen, frame, damage.message);
    const found = this.#fedLen - this.#usedLen;
    if (found <= 0) return null;
    if (this.#open === null) return cutRecordHeader(this.#usedLen, frame, RECORD_HEADER_LEN, found);
    return cutRecord(this.#usedLen, frame, this.#open.capturedLength, found - RECORD_HEADER_LEN);
  }
}

/** What the package takes for a stream. It is never paused: the octets come when we emit them. */
class Feed extends EventEmitter {
  pause(): void {}
  resume(): void {}
}

interface PacketHeader {
  readonly timestampSeconds: number;
  readonly timestampMicroseconds: number;
  readonly capturedLength: number;
  readonly originalLength: number;
}
