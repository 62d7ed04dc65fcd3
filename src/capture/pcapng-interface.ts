import { MAX_RELATIVE_NS, type EpochHolder } from './epoch.js';
import { toLinkType } from './link-type-field.js';
import { forEachOption } from './pcapng-options.js';

/** Octet offsets in an interface description block, from the block's start. */
export const enum InterfaceBlock {
  LINK_TYPE = 8,
  SNAPLEN = 12,
  OPTIONS = 16,
  MIN_LEN = 20,
}

const IF_TSRESOL = 9;
const IF_FCSLEN = 13;
const IF_TSOFFSET = 14;

const TWO_TO_32 = 2 ** 32;
const NS_PER_SECOND = 1_000_000_000;

/** What a pcapng section says of one interface, and how its 64-bit ticks become nanoseconds. */
export class PcapngInterface {
  /** Number over all sections of the file. */
  readonly id: number;
  readonly linkType: number;
  readonly fcsLen: number;
  /** 0: no limit. */
  readonly snaplen: number;
  /** Drops as the last statistics block gives them; null while there was none. */
  drops: number | null = null;
  /** Drops counted between packets, where packet blocks say so; null while none did. */
  dropsBetween: number | null = null;

  readonly #ticksPerSecond: bigint;
  readonly #offsetSeconds: bigint;
  readonly #ticksPerSecondFloat: number;
  /** Nanoseconds in one tick where that is a whole number, else 0. */
  readonly #nsPerTick: number;
  #epochKnown = false;
  /** The epoch's whole second in ticks, as two words, and the rest of the epoch. */
  #baseHigh = 0;
  #baseLow = 0;
  #baseNanoseconds = 0;

  private constructor(id: number, linkType: number, snaplen: number, options: InterfaceOptions) {
    this.id = id;
    this.linkType = linkType;
    this.snaplen = snaplen;
    this.fcsLen = options.fcsLen;
    this.#ticksPerSecond = options.ticksPerSecond;
    this.#offsetSeconds = options.offsetSeconds;
    this.#ticksPerSecondFloat = Number(options.ticksPerSecond);
    const nsPerTick = NS_PER_SECOND / this.#ticksPerSecondFloat;
    this.#nsPerTick = Number.isInteger(nsPerTick) ? nsPerTick : 0;
  }

  /** Reads an interface description block at `at` of at least `InterfaceBlock.MIN_LEN` octets, whose options end at `end`. */
  static read(view: DataView, at: number, end: number, littleEndian: boolean, id: number): PcapngInterface {
    const linkType = toLinkType(view.getUint16(at + InterfaceBlock.LINK_TYPE, littleEndian));
    const snaplen = view.getUint32(at + InterfaceBlock.SNAPLEN, littleEndian);
    const options = { ticksPerSecond: 1_000_000n, offsetSeconds: 0n, fcsLen: 0 };
    forEachOption(view, at + InterfaceBlock.OPTIONS, end, littleEndian, (code, value, len) => {
      if (code === IF_TSRESOL && len >= 1) {
        const resolution = view.getUint8(value);
        const exponent = BigInt(resolution & 0x7f);
        options.ticksPerSecond = (resolution & 0x80) === 0 ? 10n ** exponent : 2n ** exponent;
      } else if (code === IF_TSOFFSET && len >= 8) {
        options.offsetSeconds = view.getBigInt64(value, littleEndian);
      } else if (code === IF_FCSLEN && len >= 1) {
        options.fcsLen = view.getUint8(value);
      }
    });
    return new PcapngInterface(id, linkType, snaplen, options);
  }

  /**
   * Nanoseconds from the epoch to these ticks (unsigned 64 bits, as two words); NaN where that is no sensible time.
   * Exact within 104 days of the epoch, to the nanosecond below. The first call of a run sets the epoch.
   */
  timeNs(high: number, low: number, epoch: EpochHolder): number {
    if (!this.#epochKnown) this.#learnEpoch(high, low, epoch);
    const ticks = (high - this.#baseHigh) * TWO_TO_32 + (low - this.#baseLow);
    const sinceWholeSecond = this.#nsPerTick === 0 ? this.#scale(ticks) : ticks * this.#nsPerTick;
    const ns = sinceWholeSecond - this.#baseNanoseconds;
    return ns > -MAX_RELATIVE_NS && ns < MAX_RELATIVE_NS ? ns : NaN;
  }

  /** For resolutions that are no whole number of nanoseconds: powers of two, or finer ones. */
  #scale(ticks: number): number {
    const seconds = Math.floor(ticks / this.#ticksPerSecondFloat);
    const rest = ticks - seconds * this.#ticksPerSecondFloat;
    return seconds * NS_PER_SECOND + Math.floor((rest * NS_PER_SECOND) / this.#ticksPerSecondFloat);
  }

  /** Works out the epoch in this interface's ticks; the only place with 64-bit integers. */
  #learnEpoch(high: number, low: number, epoch: EpochHolder): void {
    if (!epoch.isSet) {
      const ticks = (BigInt(high) << 32n) | BigInt(low);
      const seconds = ticks / this.#ticksPerSecond;
      const rest = ticks - seconds * this.#ticksPerSecond;
      epoch.setOnce(
        Number(seconds + this.#offsetSeconds),
        Number((rest * BigInt(NS_PER_SECOND)) / this.#ticksPerSecond),
      );
    }
    const base = (BigInt(epoch.seconds) - this.#offsetSeconds) * this.#ticksPerSecond;
    this.#baseHigh = Number(base >> 32n);
    this.#baseLow = Number(base & 0xffffffffn);
    this.#baseNanoseconds = epoch.nanoseconds;
    this.#epochKnown = true;
  }
}

interface InterfaceOptions {
  readonly ticksPerSecond: bigint;
  readonly offsetSeconds: bigint;
  readonly fcsLen: number;
}
