import type { Frame } from './frame.js';
import { LINK_TYPES, frameOctets } from './packet-octets.js';
import type { LinkTypeName } from './packet-octets.js';

export type CaptureFormat = 'pcap' | 'pcap-ns' | 'pcap-be' | 'pcapng' | 'pcapng-be';

export interface CaptureOptions {
  /** `pcap`: little-endian, microseconds. Default. */
  readonly format?: CaptureFormat;
  /** Default: ethernet. */
  readonly linkType?: LinkTypeName;
  /** Epoch seconds of the conversation's time 0. Default 1 700 000 000. */
  readonly startSeconds?: number;
  /** Snap length that the file declares and cuts by. Default 262 144. */
  readonly snaplen?: number;
}

/** A capture file that holds `frames` in the order given. */
export function captureFile(frames: readonly Frame[], options: CaptureOptions = {}): Uint8Array {
  const { format = 'pcap', linkType = 'ethernet', startSeconds = 1_700_000_000, snaplen = 262_144 } = options;
  const isNg = format.startsWith('pcapng');
  const out = new OctetWriter(!format.endsWith('-be'));
  if (isNg) pcapngStart(out, frames, linkType, snaplen);
  else pcapStart(out, format === 'pcap-ns', linkType, snaplen);
  for (const frame of frames) {
    const octets = frameOctets(frame, linkType);
    const captured = octets.subarray(0, Math.min(snaplen, frame.cut ?? snaplen));
    const seconds = startSeconds + Math.floor(frame.timeNs / 1e9);
    const nanoseconds = frame.timeNs % 1e9;
    if (isNg) {
      const time = BigInt(seconds) * 1_000_000_000n + BigInt(nanoseconds);
      block(out, 6, (body) => {
        body
          .u32(frame.interfaceId)
          .u32(Number(time >> 32n))
          .u32(Number(time & 0xffffffffn));
        body.u32(captured.length).u32(octets.length).octets(captured).align();
      });
    } else {
      out.u32(seconds).u32(format === 'pcap-ns' ? nanoseconds : Math.floor(nanoseconds / 1000));
      out.u32(captured.length).u32(octets.length).octets(captured);
    }
  }
  return out.done();
}

function pcapStart(out: OctetWriter, inNanoseconds: boolean, linkType: LinkTypeName, snaplen: number): void {
  out
    .u32(inNanoseconds ? 0xa1b23c4d : 0xa1b2c3d4)
    .u16(2)
    .u16(4);
  out.u32(0).u32(0).u32(snaplen).u32(LINK_TYPES[linkType]);
}

function pcapngStart(out: OctetWriter, frames: readonly Frame[], linkType: LinkTypeName, snaplen: number): void {
  block(out, 0x0a0d0d0a, (body) => body.u32(0x1a2b3c4d).u16(1).u16(0).u32(0xffffffff).u32(0xffffffff));
  const interfaces = 1 + frames.reduce((most, { interfaceId }) => Math.max(most, interfaceId), 0);
  for (let i = 0; i < interfaces; i++) {
    block(out, 1, (body) => {
      body.u16(LINK_TYPES[linkType]).u16(0).u32(snaplen);
      body.u16(9).u16(1).octets(Uint8Array.of(9)).align(); // if_tsresol: 10^-9 s
      body.u16(0).u16(0);
    });
  }
}

/** A pcapng block: type, length, body, length again. */
function block(out: OctetWriter, type: number, fill: (body: OctetWriter) => unknown): void {
  const body = new OctetWriter(out.littleEndian);
  fill(body);
  const octets = body.done();
  out
    .u32(type)
    .u32(octets.length + 12)
    .octets(octets)
    .u32(octets.length + 12);
}

/** Collects octets; numbers in the byte order chosen at the start. */
export class OctetWriter {
  readonly littleEndian: boolean;
  readonly #parts: Uint8Array[] = [];
  #length = 0;

  constructor(littleEndian: boolean) {
    this.littleEndian = littleEndian;
  }

  u16(value: number): this {
    const view = new DataView(new ArrayBuffer(2));
    view.setUint16(0, value, this.littleEndian);
    return this.octets(new Uint8Array(view.buffer));
  }

  u32(value: number): this {
    const view = new DataView(new ArrayBuffer(4));
    view.setUint32(0, value, this.littleEndian);
    return this.octets(new Uint8Array(view.buffer));
  }

  octets(part: Uint8Array): this {
    this.#parts.push(part);
    this.#length += part.length;
    return this;
  }

  /** Zeros up to a multiple of four. */
  align(): this {
    return this.octets(new Uint8Array(-this.#length & 3));
  }

  done(): Uint8Array {
    const all = new Uint8Array(this.#length);
    let at = 0;
    for (const part of this.#parts) {
      all.set(part, at);
      at += part.length;
    }
    return all;
  }
}
