import type { ByteSource } from './byte-source.js';
import { badBlock, cutBlock } from './damage.js';
import type { EpochHolder } from './epoch.js';
import { InterfaceBlock, PcapngInterface } from './pcapng-interface.js';
import { forEachOption } from './pcapng-options.js';
import { MIN_SECTION_BLOCK_LEN, readSectionHeader, SECTION_HEADER_BLOCK } from './pcapng-section.js';
import type { CaptureFacts, Damage } from './record.js';
import { WindowCursor } from './window-cursor.js';

/** Types of the blocks that are read; all others are skipped by their length. */
const enum BlockType {
  INTERFACE = 1,
  PACKET = 2,
  SIMPLE_PACKET = 3,
  STATISTICS = 5,
  ENHANCED_PACKET = 6,
}

/** Octet offsets in every block. The total length stands once more in its last four octets. */
const enum Block {
  TYPE = 0,
  TOTAL_LEN = 4,
  BODY = 8,
  TRAILER_LEN = 4,
  MIN_LEN = 12,
}

/** Octet offsets in an enhanced packet block; the obsolete packet block differs only in the interface's two octets. */
const enum PacketBlock {
  INTERFACE = 8,
  DROPS = 10,
  TIME_HIGH = 12,
  TIME_LOW = 16,
  CAPTURED_LEN = 20,
  ORIGINAL_LEN = 24,
  DATA = 28,
}
const enum SimplePacketBlock {
  ORIGINAL_LEN = 8,
  DATA = 12,
}
const enum StatisticsBlock {
  INTERFACE = 8,
  OPTIONS = 20,
  MIN_LEN = 24,
}

/**
 * Blocks without a packet that Wireshark numbers as frames all the same: custom blocks, systemd journal entries, sysdig
 * events. They take a number here too, so that the numbers of the packets behind them agree.
 */
const NUMBERED_BLOCKS = new Set([0xbad, 0x40000bad, 0x9, 0x204, 0x208, 0x216, 0x217, 0x221, 0x222]);

const EPB_FLAGS = 2;
const EPB_DROPCOUNT = 4;
const ISB_IFDROP = 5;
const ISB_OSDROP = 7;

/** A drop count of the obsolete packet block that means "not known". */
const DROPS_UNKNOWN = 0xffff;

/** Longest block that is taken into memory. The largest sane frame (128 MiB, D-Bus) and its options fit. */
const MAX_BLOCK_LEN = (128 << 20) + (1 << 20);

/** Blocks that are not read and longer than this are skipped without waiting for all of their octets. */
const SKIP_LEN = 64 << 10;

/** Pcapng: any number of sections, in either byte order, each with any number of interfaces. */
export class PcapngCursor extends WindowCursor {
  readonly format = 'pcapng';
  #littleEndian = true;
  /** Interfaces of this section, and of all. */
  #interfaces: PcapngInterface[] = [];
  readonly #allInterfaces: PcapngInterface[] = [];
  #cutFrames = 0;
  /** Offset in the file of the block being skipped, which ends at `pos`; -1 where none is. */
  #skipping = -1;
  #skippedLen = 0;
  /** Packet blocks that could not be used although the file goes on behind them: the first, and their number. */
  #unusable: Damage | null = null;
  #unusableCount = 0;

  /** @param source stands at the first section header block */
  constructor(source: ByteSource, epoch: EpochHolder) {
    super(source, epoch);
    this.need = Block.MIN_LEN;
  }

  next(): boolean {
    if (this.held) return this.#release();
    for (;;) {
      const at = this.pos;
      if (this.limit - at < Block.MIN_LEN) {
        this.need = Block.MIN_LEN;
        return false;
      }
      const view = this.view;
      const type = view.getUint32(at + Block.TYPE, this.#littleEndian);
      if (type === SECTION_HEADER_BLOCK) {
        if (!this.#openSection(at)) return false;
        continue;
      }
      const totalLen = view.getUint32(at + Block.TOTAL_LEN, this.#littleEndian);
      const stride = totalLen + (-totalLen & 3); // some writers leave the padding out of the length
      if (totalLen < Block.MIN_LEN)
        return this.#failAt(at, 'bad-block-length', `claims ${totalLen} octets, fewer than a block has`);
      if (this.limit - at < stride) return this.#wait(at, type, stride);
      if (!this.#trailerAgrees(at, totalLen, stride)) return this.#failTrailer(at, totalLen, stride);
      this.pos = at + stride;
      const bodyEnd = at + stride - Block.TRAILER_LEN;
      switch (type) {
        case BlockType.ENHANCED_PACKET:
          if (this.#readPacket(at, bodyEnd, view.getUint32(at + PacketBlock.INTERFACE, this.#littleEndian)))
            return true;
          break;
        case BlockType.PACKET:
          if (this.#readPacket(at, bodyEnd, view.getUint16(at + PacketBlock.INTERFACE, this.#littleEndian))) {
            this.#countDropsBetween(view.getUint16(at + PacketBlock.DROPS, this.#littleEndian));
            return true;
          }
          break;
        case BlockType.SIMPLE_PACKET:
          if (this.#readSimplePacket(at, bodyEnd)) return true;
          break;
        case BlockType.INTERFACE:
          if (!this.#openInterface(at, bodyEnd)) return false;
          break;
        case BlockType.STATISTICS:
          this.#readStatistics(at, bodyEnd);
          break;
        default:
          if (NUMBERED_BLOCKS.has(type)) this.frame++;
          break;
      }
    }
  }

  get interfaceSnaplen(): number {
    return this.#allInterfaces[this.interfaceId]?.snaplen ?? 0;
  }

  facts(): CaptureFacts {
    const snaplens = this.#allInterfaces.map((known) => known.snaplen).filter((snaplen) => snaplen > 0);
    const drops = this.#allInterfaces
      .map((known) => known.drops ?? known.dropsBetween)
      .filter((count) => count !== null);
    return {
      format: this.format,
      linkTypes: [...new Set(this.#allInterfaces.map((known) => known.linkType))],
      snaplen: snaplens.length === 0 ? null : snaplens.reduce((a, b) => Math.max(a, b)),
      dropsReported: drops.length === 0 ? null : drops.reduce((a, b) => a + b),
      cutFrames: this.#cutFrames,
    };
  }

  override async refill(): Promise<boolean> {
    const more = await super.refill();
    if (more) this.#skipping = -1;
    return more;
  }

  protected override cutTail(offset: number, found: number): Damage {
    if (this.#skipping >= 0) {
      return cutBlock(this.#skipping, this.frame + 1, this.#skippedLen, offset - this.#skipping);
    }
    return cutBlock(offset, this.frame + 1, this.need, found);
  }

  protected override isInsideBlock(): boolean {
    return this.#skipping >= 0 && this.source.startOffset < this.#skipping + this.#skippedLen;
  }

  protected override conclude(): void {
    if (this.#unusable === null || this.damage !== null) return;
    const { code, offset, frame } = this.#unusable;
    const others =
      this.#unusableCount === 1 ? 'That record was left out' : `${this.#unusableCount} such records were left out`;
    this.damage = { code, offset, frame, message: `${this.#unusable.message} ${others}; all others were analysed.` };
  }

  #release(): true {
    this.held = false;
    return true;
  }

  /** Asks for the rest of a block; a long one that is not read is skipped instead. */
  #wait(at: number, type: number, stride: number): false {
    const isRead = type === BlockType.INTERFACE || type === BlockType.STATISTICS || isPacketBlock(type);
    if (isRead && stride > MAX_BLOCK_LEN) {
      return this.#failAt(
        at,
        'bad-block-length',
        `claims ${stride} octets, but the longest believable one has ${MAX_BLOCK_LEN}`,
      );
    }
    if (isRead || stride <= SKIP_LEN) {
      this.need = stride;
      return false;
    }
    if (NUMBERED_BLOCKS.has(type)) this.frame++;
    this.#skipping = this.source.offsetOf(at);
    this.#skippedLen = stride;
    this.pos = at + stride;
    this.need = 1;
    return false;
  }

  #trailerAgrees(at: number, totalLen: number, stride: number): boolean {
    const trailer = this.view.getUint32(at + stride - Block.TRAILER_LEN, this.#littleEndian);
    return trailer === totalLen || trailer === stride;
  }

  #failTrailer(at: number, totalLen: number, stride: number): false {
    const trailer = this.view.getUint32(at + stride - Block.TRAILER_LEN, this.#littleEndian);
    return this.#failAt(at, 'bad-block-length', `claims ${totalLen} octets at its start and ${trailer} at its end`);
  }

  #failAt(at: number, code: string, what: string): false {
    return this.fail(badBlock(code, this.source.offsetOf(at), this.frame + 1, what));
  }

  #openSection(at: number): boolean {
    if (this.limit - at < MIN_SECTION_BLOCK_LEN) {
      this.need = MIN_SECTION_BLOCK_LEN;
      return false;
    }
    const section = readSectionHeader(this.view, at);
    if (section === null) return this.#failAt(at, 'bad-section', 'begins a section without saying its byte order');
    if (section.totalLen < MIN_SECTION_BLOCK_LEN || section.totalLen > MAX_BLOCK_LEN) {
      return this.#failAt(at, 'bad-block-length', `begins a section and claims ${section.totalLen} octets`);
    }
    if (section.versionMajor !== 1) {
      const version = `${section.versionMajor}.${section.versionMinor}`;
      return this.#failAt(
        at,
        'unsupported-version',
        `begins a section of pcapng version ${version}; only 1.0 to 1.2 are known`,
      );
    }
    const stride = section.totalLen + (-section.totalLen & 3);
    if (this.limit - at < stride) {
      this.need = stride;
      return false;
    }
    this.#littleEndian = section.littleEndian;
    if (!this.#trailerAgrees(at, section.totalLen, stride)) return this.#failTrailer(at, section.totalLen, stride);
    this.#interfaces = [];
    this.pos = at + stride;
    return true;
  }

  #openInterface(at: number, bodyEnd: number): boolean {
    if (bodyEnd - at < InterfaceBlock.MIN_LEN - Block.TRAILER_LEN) {
      return this.#failAt(at, 'bad-block-length', 'describes an interface, but is too short for it');
    }
    const opened = PcapngInterface.read(this.view, at, bodyEnd, this.#littleEndian, this.#allInterfaces.length);
    this.#interfaces.push(opened);
    this.#allInterfaces.push(opened);
    return true;
  }

  /** Moves to the packet of an enhanced or an obsolete packet block; false where it cannot be used. */
  #readPacket(at: number, bodyEnd: number, interfaceIndex: number): boolean {
    const view = this.view;
    const littleEndian = this.#littleEndian;
    const data = at + PacketBlock.DATA;
    if (data > bodyEnd) return this.#leaveOut(at, 'bad-block-length', 'is too short for a packet');
    const capturedLen = view.getUint32(at + PacketBlock.CAPTURED_LEN, littleEndian);
    if (capturedLen > bodyEnd - data) {
      return this.#leaveOut(
        at,
        'bad-record-length',
        `claims ${capturedLen} captured octets, but has room for ${bodyEnd - data}`,
      );
    }
    const from = this.#interfaces[interfaceIndex];
    if (from === undefined) {
      return this.#leaveOut(
        at,
        'unknown-interface',
        `is of interface ${interfaceIndex}, which its section does not describe`,
      );
    }
    const timeNs = from.timeNs(
      view.getUint32(at + PacketBlock.TIME_HIGH, littleEndian),
      view.getUint32(at + PacketBlock.TIME_LOW, littleEndian),
      this.epoch,
    );
    this.#moveTo(from, timeNs, data, data + capturedLen, view.getUint32(at + PacketBlock.ORIGINAL_LEN, littleEndian));
    const options = data + capturedLen + (-capturedLen & 3);
    if (options < bodyEnd) this.#readPacketOptions(options, bodyEnd, from);
    return true;
  }

  #readSimplePacket(at: number, bodyEnd: number): boolean {
    const data = at + SimplePacketBlock.DATA;
    if (data > bodyEnd) return this.#leaveOut(at, 'bad-block-length', 'is too short for a packet');
    const from = this.#interfaces[0];
    if (from === undefined) {
      return this.#leaveOut(at, 'unknown-interface', 'is of interface 0, which its section does not describe');
    }
    const originalLen = this.view.getUint32(at + SimplePacketBlock.ORIGINAL_LEN, this.#littleEndian);
    const snapped = from.snaplen === 0 ? originalLen : Math.min(originalLen, from.snaplen);
    this.#moveTo(from, NaN, data, data + Math.min(snapped, bodyEnd - data), originalLen);
    return true;
  }

  #moveTo(from: PcapngInterface, timeNs: number, at: number, end: number, originalLen: number): void {
    this.at = at;
    this.end = end;
    this.originalLen = originalLen;
    this.timeNs = timeNs;
    this.linkType = from.linkType;
    this.fcsLen = from.fcsLen;
    this.interfaceId = from.id;
    this.frame++;
    if (end - at < originalLen) this.#cutFrames++;
  }

  #readPacketOptions(at: number, end: number, from: PcapngInterface): void {
    const view = this.view;
    const littleEndian = this.#littleEndian;
    while (at + 4 <= end) {
      const code = view.getUint16(at, littleEndian);
      const len = view.getUint16(at + 2, littleEndian);
      if (code === 0 || at + 4 + len > end) return;
      if (code === EPB_FLAGS && len >= 4) {
        const fcsLen = (view.getUint32(at + 4, littleEndian) >>> 5) & 0xf;
        if (fcsLen > 0) this.fcsLen = fcsLen;
      } else if (code === EPB_DROPCOUNT && len >= 8) {
        from.dropsBetween = (from.dropsBetween ?? 0) + readUint64(view, at + 4, littleEndian);
      }
      at += 4 + len + (-len & 3);
    }
  }

  #countDropsBetween(drops: number): void {
    if (drops === DROPS_UNKNOWN) return;
    const from = this.#allInterfaces[this.interfaceId]!;
    from.dropsBetween = (from.dropsBetween ?? 0) + drops;
  }

  #readStatistics(at: number, bodyEnd: number): void {
    if (bodyEnd - at < StatisticsBlock.MIN_LEN - Block.TRAILER_LEN) return;
    const view = this.view;
    const littleEndian = this.#littleEndian;
    const of = this.#interfaces[view.getUint32(at + StatisticsBlock.INTERFACE, littleEndian)];
    if (of === undefined) return;
    const drops: number[] = [];
    forEachOption(view, at + StatisticsBlock.OPTIONS, bodyEnd, littleEndian, (code, value, len) => {
      if ((code === ISB_IFDROP || code === ISB_OSDROP) && len >= 8) drops.push(readUint64(view, value, littleEndian));
    });
    if (drops.length > 0) of.drops = drops.reduce((a, b) => a + b);
  }

  /** Notes a packet block that cannot be used. It keeps its number, and the reading goes on behind it. */
  #leaveOut(at: number, code: string, what: string): false {
    this.frame++;
    this.#unusable ??= {
      code,
      offset: this.source.offsetOf(at),
      frame: this.frame,
      message: `The block at octet ${this.source.offsetOf(at)}, record ${this.frame}, ${what}.`,
    };
    this.#unusableCount++;
    return false;
  }
}

function isPacketBlock(type: number): boolean {
  return type === BlockType.ENHANCED_PACKET || type === BlockType.PACKET || type === BlockType.SIMPLE_PACKET;
}

function readUint64(view: DataView, at: number, littleEndian: boolean): number {
  const first = view.getUint32(at, littleEndian);
  const second = view.getUint32(at + 4, littleEndian);
  return littleEndian ? second * 2 ** 32 + first : first * 2 ** 32 + second;
}
