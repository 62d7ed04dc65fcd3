import { EthernetField } from '../wire/ethernet.js';
import { EtherType } from '../wire/ethertype.js';
import { Layer, type Step } from '../wire/layer.js';
import { layerOfLinkType, LinkType } from '../wire/link-type.js';
import { Stop } from '../wire/stop-reason.js';
import { walkToOuterHeader } from '../wire/walk-layers.js';
import { IpFamily, Walk } from '../wire/walk.js';

/** What a filter looks at: a record as a capture's cursor shows it. */
export interface FilteredRecord {
  readonly view: DataView;
  /** Offset of the frame's first octet in `view`, and one past its last captured octet. */
  readonly at: number;
  readonly end: number;
  /** Length of the frame on the wire, octets. */
  readonly originalLen: number;
  readonly linkType: number;
}

/** No EtherType is this. */
const NONE = -1;
/** The frame was cut before its network protocol could be known. */
const CUT = -2;
/** Octets of one VLAN tag: its TCI and the type of what follows (IEEE 802.1Q §9.3). */
const VLAN_TAG_LEN = 4;
/** Marvell and Broadcom switches put their tags between the addresses and the type. */
const DSA_TAG_LEN = 4;
const EDSA_TAG_LEN = 8;
/** LINKTYPE_LINUX_SLL and LINKTYPE_LINUX_SLL2: where the EtherType is, and the header's length. */
const SLL_TYPE = 14;
const SLL_LEN = 16;
const SLL2_TYPE = 0;
const SLL2_LEN = 20;

/**
 * The outer headers of one frame: where its EtherType, its network header and its Ethernet header lie, by link type.
 * One object is reused for all frames, so nothing is allocated.
 *
 * Octets are read by absolute offset. Reading past what was captured sets `isCut` and gives 0: such a frame is no match,
 * whatever the rest of the expression says, as in tcpdump.
 */
export class OuterHeaders {
  isCut = false;
  /** Length of the frame on the wire, octets. */
  wireLen = 0;
  /** Offset of the frame's first octet or of the Ethernet header in it. */
  linkAt = 0;
  isEthernet = false;
  #view: DataView = new DataView(new ArrayBuffer(0));
  #end = 0;
  /** Offset of the EtherType, or -1 where none is written: then `#networkType` has it. */
  #typeAt = -1;
  #networkType = NONE;
  #networkAt = 0;
  readonly #walk = new Walk();

  /** Turns to a frame. */
  look(record: FilteredRecord): void {
    const { at } = record;
    this.#view = record.view;
    this.#end = record.end;
    this.isCut = false;
    this.wireLen = record.originalLen;
    this.linkAt = at;
    this.isEthernet = false;
    switch (record.linkType) {
      case LinkType.ETHERNET:
        this.#ethernet(at, 0);
        break;
      case LinkType.LINUX_SLL:
        this.#typed(at + SLL_TYPE, at + SLL_LEN);
        break;
      case LinkType.LINUX_SLL2:
        this.#typed(at + SLL2_TYPE, at + SLL2_LEN);
        break;
      case LinkType.RAW:
      case LinkType.RAW_BSD:
      case LinkType.RAW_OPENBSD:
        this.#untyped(this.#typeOfVersion(at), at);
        break;
      default:
        this.#byLayers(record);
    }
  }

  /** EtherType of what lies under `tags` VLAN tags; negative where there is none. */
  etherType(tags: number): number {
    if (this.#typeAt >= 0) return this.u16(tags === 0 ? this.#typeAt : this.networkAt(tags) - 2);
    if (tags > 0) return NONE;
    if (this.#networkType === CUT) this.isCut = true;
    return this.#networkType;
  }

  /** Offset of the network header under `tags` VLAN tags. */
  networkAt(tags: number): number {
    return this.#networkAt + tags * VLAN_TAG_LEN;
  }

  u8(at: number): number {
    if (at + 1 <= this.#end) return this.#view.getUint8(at);
    this.isCut = true;
    return 0;
  }

  u16(at: number): number {
    if (at + 2 <= this.#end) return this.#view.getUint16(at);
    this.isCut = true;
    return 0;
  }

  u32(at: number): number {
    if (at + 4 <= this.#end) return this.#view.getUint32(at);
    this.isCut = true;
    return 0;
  }

  #ethernet(at: number, tagLen: number): void {
    this.linkAt = at;
    this.isEthernet = true;
    this.#typed(at + EthernetField.TYPE + tagLen, at + EthernetField.PAYLOAD + tagLen);
  }

  #typed(typeAt: number, networkAt: number): void {
    this.#typeAt = typeAt;
    this.#networkAt = networkAt;
  }

  #untyped(networkType: number, networkAt: number): void {
    this.#typeAt = -1;
    this.#networkType = networkType;
    this.#networkAt = networkAt;
  }

  /** By the version nibble, as raw IP says it. */
  #typeOfVersion(at: number): number {
    if (at >= this.#end) return CUT;
    const version = this.#view.getUint8(at) >> 4;
    return version === 4 ? EtherType.IPV4 : version === 6 ? EtherType.IPV6 : NONE;
  }

  /** The other link types: the first Ethernet or IP header that the decoder would come to. */
  #byLayers(record: FilteredRecord): void {
    const walk = this.#walk;
    walk.view = record.view;
    walk.at = record.at;
    walk.end = record.end;
    walk.wireEnd = Math.max(record.at + record.originalLen, record.end);
    walk.ipFamily = IpFamily.None;
    walk.restAt = 0;
    const step = walkToOuterHeader(walk, layerOfLinkType(record.linkType));
    if (step === Layer.ETHERNET) this.#ethernet(walk.at, 0);
    else if (step === Layer.ETHERNET_DSA) this.#ethernet(walk.at, DSA_TAG_LEN);
    else if (step === Layer.ETHERNET_EDSA) this.#ethernet(walk.at, EDSA_TAG_LEN);
    else this.#untyped(this.#typeOfStep(step, walk.at), walk.at);
  }

  #typeOfStep(step: Step, at: number): number {
    if (step === Layer.IPV4) return EtherType.IPV4;
    if (step === Layer.IPV6) return EtherType.IPV6;
    if (step === Layer.IP) return this.#typeOfVersion(at);
    return step === Stop.SnapLength || step === Stop.TooShort ? CUT : NONE;
  }
}
