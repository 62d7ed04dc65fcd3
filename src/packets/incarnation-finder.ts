import type { FlowListener } from '../flow/events.js';
import { Head } from '../flow/connection-table.js';
import { Tracker } from '../flow/tracker.js';
import type { AddressTable } from '../segment/address-table.js';
import type { SegmentBatch } from '../segment/segment-batch.js';
import type { WantedConnection } from '../store/packet-selection.js';
import { addressValue } from './address-value.js';

/** What a segment of a four-tuple that is asked for turned out to be. */
export interface Belonging {
  /** The connection that is asked for and that the segment belongs to; null where it belongs to another one. */
  readonly connection: WantedConnection | null;
  /** The capture made it of another record (close-rules 9.3): the database does not count it. */
  readonly isCopy: boolean;
}

interface FourTuple {
  readonly low: number;
  readonly high: number;
  /** Connections of it that are asked for. */
  readonly wanted: WantedConnection[];
  /** The same by the place of their first frames. */
  readonly firsts: Map<number, WantedConnection>;
  /** The last segments, to tell what a copy is a copy of. */
  readonly recent: { readonly signature: string; readonly owner: WantedConnection | null }[];
}

/** Segments looked back for what a copy repeats; the tracker itself looks back no farther. */
const LOOK_BACK = 32;

/**
 * Says of each segment which connection it belongs to, as the analysis did: a tracker of its own follows the four-tuples
 * that are asked for, and a connection is known by its first frame. For the captures of one recording, in their order.
 */
export class IncarnationFinder {
  readonly #tracker: Tracker;
  readonly #tuples = new Map<string, FourTuple>();
  /** Both orders of the ports of each four-tuple: most segments of others are told by them. */
  readonly #ports = new Set<number>();
  /** By number of the connection in the tracker. */
  readonly #owners = new Map<number, WantedConnection>();

  constructor(wanted: readonly WantedConnection[], addresses: AddressTable, timeWaitNs: number) {
    this.#tracker = new Tracker({ timeWaitNs }, SILENT);
    for (const connection of wanted) {
      const client = addressValue(connection.clientIp, addresses);
      const server = addressValue(connection.serverIp, addresses);
      const { key, low, high } = keyOf(
        client.family,
        client.value,
        connection.clientPort,
        server.value,
        connection.serverPort,
      );
      const tuple: FourTuple = this.#tuples.get(key) ?? { low, high, wanted: [], firsts: new Map(), recent: [] };
      tuple.wanted.push(connection);
      this.#tuples.set(key, tuple);
      this.#ports.add(connection.clientPort * 65536 + connection.serverPort);
      this.#ports.add(connection.serverPort * 65536 + connection.clientPort);
      tuple.firsts.set(placeOf(connection.captureId, connection.firstFrame), connection);
    }
  }

  /** Whether any segment of the batch, which is one frame, is of a four-tuple that is asked for. */
  concerns(batch: SegmentBatch): boolean {
    for (let row = 0; row < batch.length; row++) if (this.#tupleOf(batch, row) !== undefined) return true;
    return false;
  }

  /** Follows the segments of one frame, nearly always one. To be asked for every frame that `concerns`, in order. */
  follow(batch: SegmentBatch, captureId: number): Belonging[] {
    const { copies } = this.#tracker;
    this.#tracker.consume(batch, captureId);
    const isCopy = this.#tracker.copies > copies;
    const found: Belonging[] = [];
    for (let row = 0; row < batch.length; row++) {
      const tuple = this.#tupleOf(batch, row);
      if (tuple !== undefined) found.push({ connection: this.#owner(tuple, batch, row, captureId), isCopy });
    }
    return found;
  }

  /** Connections asked for on the four-tuples of the batch, that had begun by then and were not over. */
  *concerned(batch: SegmentBatch, captureId: number): Iterable<WantedConnection> {
    for (let row = 0; row < batch.length; row++) {
      const at = placeOf(captureId, batch.frame[row]!);
      for (const connection of this.#tupleOf(batch, row)?.wanted ?? []) {
        const { captureId: first, firstFrame, lastCaptureId, lastFrame } = connection;
        if (at >= placeOf(first, firstFrame) && at <= placeOf(lastCaptureId, lastFrame)) yield connection;
      }
    }
  }

  #tupleOf(batch: SegmentBatch, row: number): FourTuple | undefined {
    const srcPort = batch.srcPort[row]!;
    const dstPort = batch.dstPort[row]!;
    if (!this.#ports.has(srcPort * 65536 + dstPort)) return undefined;
    return this.#tuples.get(keyOf(batch.family[row]!, batch.src[row]!, srcPort, batch.dst[row]!, dstPort).key);
  }

  #owner(tuple: FourTuple, batch: SegmentBatch, row: number, captureId: number): WantedConnection | null {
    const { table } = this.#tracker;
    const frame = batch.frame[row]!;
    const { ports } = keyOf(
      batch.family[row]!,
      batch.src[row]!,
      batch.srcPort[row]!,
      batch.dst[row]!,
      batch.dstPort[row]!,
    );
    const signature = `${batch.src[row]} ${batch.srcPort[row]} ${batch.seq[row]} ${batch.ack[row]} ${batch.flags[row]} ${batch.payloadLen[row]}`;
    let slot = table.find(batch.family[row]!, tuple.low, tuple.high, ports);
    while (slot >= 0) {
      const at = table.at(slot);
      // The connection that took it has it as its last.
      if (table.u32[at + Head.LAST_FRAME] === frame && table.u32[at + Head.LAST_CAPTURE] === captureId) break;
      slot = table.i32[at + Head.OLDER]!;
    }
    let owner: WantedConnection | null;
    if (slot < 0) {
      owner = tuple.recent.findLast((one) => one.signature === signature)?.owner ?? null; // a copy changes nothing
    } else {
      const id = table.u32[table.at(slot) + Head.ID]!;
      const begun = tuple.firsts.get(placeOf(captureId, frame));
      if (begun !== undefined) this.#owners.set(id, begun);
      owner = this.#owners.get(id) ?? null;
      // What comes later is another connection of the database: this one had left memory (--max-memory).
      if (owner !== null && placeOf(captureId, frame) > placeOf(owner.lastCaptureId, owner.lastFrame)) owner = null;
    }
    tuple.recent.push({ signature, owner });
    if (tuple.recent.length > LOOK_BACK) tuple.recent.shift();
    return owner;
  }
}

/** Numbers that are in order as the places are. */
const placeOf = (captureId: number, frame: number): number => captureId * 2 ** 32 + frame;

/** Ends in the tracker's order, and a word for the four-tuple whichever way the segment goes. */
function keyOf(family: number, src: number, srcPort: number, dst: number, dstPort: number) {
  const isLow = src < dst || (src === dst && srcPort <= dstPort);
  const low = isLow ? src : dst;
  const high = isLow ? dst : src;
  const ports = isLow ? (srcPort << 16) | dstPort : (dstPort << 16) | srcPort;
  return { key: `${family} ${low} ${high} ${ports}`, low, high, ports };
}

const nothing = (): void => undefined;
/** Here the tracker only tells connections apart; nobody judges. */
const SILENT: FlowListener = {
  onSyn: nothing,
  onReset: nothing,
  onTimeWait: nothing,
  onTimeWaitSyn: nothing,
  onPaws: nothing,
  onSettled: nothing,
  onPlain: (first) => first,
  onZeekPart: nothing,
  onAllHeard: nothing,
  onLeave: nothing,
  onLoneSynLeaves: nothing,
};
