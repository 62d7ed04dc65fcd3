import { EthernetField } from '../wire/ethernet.js';
import { IPV4_FRAGMENT_OFFSET, IPV4_MIN_HEADER_LEN, IPV4_MORE_FRAGMENTS, Ipv4Field } from '../wire/ipv4.js';
import { IpProtocol } from '../wire/ip-protocol.js';
import { Layer, type Step } from '../wire/layer.js';
import { layerOfLinkType, LinkType } from '../wire/link-type.js';
import { Stop, STOP_REASONS, type StopGroup } from '../wire/stop-reason.js';
import { TCP_MIN_HEADER_LEN } from '../wire/tcp.js';
import { IpFamily, Walk } from '../wire/walk.js';
import { walkLayers } from '../wire/walk-layers.js';
import { walkAmsdu } from '../wire/wlan.js';
import type { AddressTable } from './address-table.js';
import { appendSegment } from './append-segment.js';
import type { SegmentBatch } from './segment-batch.js';

/**
 * Rows that one frame can give: an 802.11 aggregate has at most 11,454 octets, and no subframe with a TCP segment in it
 * fewer than 62. A batch with so much room takes any frame whole.
 */
export const MOST_ROWS_A_FRAME = 184;

/** One captured frame, as a capture's cursor shows it. */
export interface Frame {
  readonly view: DataView;
  /** Offset of the frame's first octet in `view`, and one past its last captured octet. */
  readonly at: number;
  readonly end: number;
  /** Length of the frame on the wire, octets. */
  readonly originalLen: number;
  readonly timeNs: number;
  readonly linkType: number;
  /** Octets of check sequence that end the frame, where the capture says so; else 0. */
  readonly fcsLen: number;
  readonly frame: number;
}

/** How many records ended for one reason. */
export interface StopCount {
  /** Stable kebab-case name. */
  readonly reason: string;
  readonly group: StopGroup;
  readonly packets: number;
  /** Continues "a packet ...". */
  readonly text: string;
}

/** EtherType IPv4, then version 4 with a header of five words, as they lie one after the other in a frame. */
const IPV4_WITHOUT_OPTIONS = 0x080045;
const IPV4_ANY_FRAGMENT = IPV4_MORE_FRAGMENTS | IPV4_FRAGMENT_OFFSET;
/** Of frames that need no walk through layers, if they hold IPv4 without options. */
export const PLAIN_LINK_TYPE = LinkType.ETHERNET;
const SHORTEST_TCP_FRAME_LEN = EthernetField.PAYLOAD + IPV4_MIN_HEADER_LEN + TCP_MIN_HEADER_LEN;

/**
 * Finds the innermost TCP segment of each frame and appends it to a batch.
 * `counts` tells, for all frames since `clear()`, how each ended; `STOP_REASONS` gives the names.
 */
export class SegmentDecoder {
  /** Frames by `Stop` number. */
  readonly counts = new Float64Array(STOP_REASONS.length);
  private readonly walk = new Walk();
  private readonly addresses: AddressTable;

  constructor(addresses: AddressTable) {
    this.addresses = addresses;
  }

  /** Frames with a TCP header of their own, whether it could be read or not: `tcp_packets` of the contract. */
  get tcpPackets(): number {
    return this.sum('segment') + this.sum('tcp-undecoded');
  }

  /** Frames of which nobody can say whether they held TCP: `undecoded_packets` of the contract. */
  get undecodedPackets(): number {
    return this.sum('undecoded');
  }

  /** Sets all counts to 0, for the next capture file. */
  clear(): void {
    this.counts.fill(0);
  }

  /**
   * Decodes one frame. `batch` must have room for one row more.
   *
   * An 802.11 aggregate may hold several segments; all are appended as far as there is room, under the same frame number.
   *
   * @returns `Stop.Segment` where a row was appended, else why not. Never throws, whatever the octets are.
   */
  decode(frame: Frame, batch: SegmentBatch): Stop {
    const first = batch.length;
    const stop = this.decodeFrame(frame, batch);
    this.counts[stop] = this.counts[stop]! + 1;
    for (let row = first; row < batch.length; row += 1) {
      batch.frame[row] = frame.frame;
      batch.timeNs[row] = frame.timeNs;
    }
    return stop;
  }

  /** Counts segments that somebody else has appended to a batch. */
  count(segments: number): void {
    this.counts[Stop.Segment] = this.counts[Stop.Segment]! + segments;
  }

  /** Every reason that occurred, in the order of `STOP_REASONS`. */
  describeStops(): StopCount[] {
    const rows: StopCount[] = [];
    for (const { stop, reason, group, text } of STOP_REASONS) {
      const packets = this.counts[stop]!;
      if (packets > 0) rows.push({ reason, group, packets, text });
    }
    return rows;
  }

  private decodeFrame(frame: Frame, batch: SegmentBatch): Stop {
    const { view, at, end } = frame;
    if (
      frame.linkType === LinkType.ETHERNET &&
      end - at >= SHORTEST_TCP_FRAME_LEN &&
      view.getUint32(at + EthernetField.TYPE) >>> 8 === IPV4_WITHOUT_OPTIONS
    ) {
      const ipAt = at + EthernetField.PAYLOAD;
      const totalLen = view.getUint16(ipAt + Ipv4Field.TOTAL_LENGTH);
      if (
        view.getUint8(ipAt + Ipv4Field.PROTOCOL) === IpProtocol.TCP &&
        (view.getUint16(ipAt + Ipv4Field.FLAGS_OFFSET) & IPV4_ANY_FRAGMENT) === 0 &&
        totalLen >= IPV4_MIN_HEADER_LEN &&
        EthernetField.PAYLOAD + totalLen <= frame.originalLen
      ) {
        const { walk } = this;
        walk.view = view;
        walk.at = ipAt + IPV4_MIN_HEADER_LEN;
        walk.wireEnd = ipAt + totalLen;
        walk.end = walk.wireEnd < end ? walk.wireEnd : end;
        walk.ipAt = ipAt;
        walk.ipFamily = IpFamily.V4;
        walk.isFirstFragment = false;
        return appendSegment(walk, this.addresses, batch);
      }
    }
    return this.decodeByLayers(frame, batch);
  }

  private decodeByLayers(frame: Frame, batch: SegmentBatch): Stop {
    const { walk } = this;
    walk.view = frame.view;
    walk.at = frame.at;
    walk.end = frame.end;
    walk.wireEnd = Math.max(frame.at + frame.originalLen, frame.end);
    if (frame.fcsLen > 0) walk.limit(frame.at, Math.max(0, walk.wireEnd - frame.at - frame.fcsLen));
    walk.ipFamily = IpFamily.None;
    walk.restAt = 0;

    let stop = this.finish(walkLayers(walk, layerOfLinkType(frame.linkType)), batch);
    while (walk.restAt !== 0 && batch.length < batch.capacity) {
      walk.at = walk.restAt;
      walk.end = walk.restEnd;
      walk.wireEnd = walk.restWireEnd;
      walk.restAt = 0;
      const next = this.finish(walkLayers(walk, walkAmsdu(walk)), batch);
      if (stop !== Stop.Segment) stop = next;
    }
    return stop;
  }

  private finish(step: Step, batch: SegmentBatch): Stop {
    return step === Layer.TCP ? appendSegment(this.walk, this.addresses, batch) : (step as Stop);
  }

  private sum(group: StopGroup): number {
    let packets = 0;
    for (const reason of STOP_REASONS) if (reason.group === group) packets += this.counts[reason.stop]!;
    return packets;
  }
}
