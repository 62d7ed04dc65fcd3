/**
 * The packets of connections, out of the captures that hold them, as one pcapng file with the verdicts as comments. Which
 * packets those are is decided as the analysis decided it (see `IncarnationFinder`).
 */
import { setImmediate as nextTurn } from 'node:timers/promises';
import { EpochHolder } from '../capture/epoch.js';
import { openCapture } from '../capture/open.js';
import type { RecordCursor } from '../capture/record.js';
import { interfaceBlock, packetBlock, sectionBlock } from '../capture/pcapng-writer.js';
import { RecordFilter } from '../filter/filter.js';
import { AddressTable } from '../segment/address-table.js';
import { MOST_ROWS_A_FRAME, SegmentDecoder } from '../segment/decode.js';
import { SegmentBatch } from '../segment/segment-batch.js';
import type { FrameComments } from '../store/frame-comments.js';
import type { CaptureFile, RecordingRules, WantedConnection } from '../store/packet-selection.js';
import { IncarnationFinder } from './incarnation-finder.js';

export interface PacketRequest {
  readonly wanted: readonly WantedConnection[];
  /** The captures of the database, in reading order, each with the path where it was found. */
  readonly captures: readonly (CaptureFile & { readonly foundAt: string })[];
  readonly comments: FrameComments;
  readonly rules: (recordingId: number) => RecordingRules;
  /** What the file says it was written by, and of itself. */
  readonly application: string;
  readonly title: string;
}

export interface WrittenPackets {
  readonly packets: number;
  /** Full sentences: packets that the database names were not found. Then the exit status is 3. */
  readonly damages: readonly string[];
  /** Full sentences that are worth a look. */
  readonly notes: readonly string[];
}

/**
 * The captures that hold packets of these connections, in reading order, and those before where the connection begins whose
 * TIME_WAIT a SYN met: those may be gone, as rings lose their oldest files.
 */
export function capturesOf<Capture extends { readonly id: number }>(
  wanted: readonly WantedConnection[],
  captures: readonly Capture[],
): (Capture & { readonly isRequired: boolean })[] {
  const needed = new Map<number, boolean>();
  for (const { followFrom, captureId, lastCaptureId } of wanted)
    for (let id = followFrom; id <= lastCaptureId; id++) needed.set(id, id >= captureId || needed.get(id) === true);
  return captures.flatMap((one) => {
    const isRequired = needed.get(one.id);
    return isRequired === undefined ? [] : [{ ...one, isRequired }];
  });
}

/** @param write takes the octets of the file in order; the next come when it is done */
export async function writePackets(
  request: PacketRequest,
  write: (octets: Uint8Array) => Promise<void>,
): Promise<WrittenPackets> {
  const out = new PacketFile(request, write);
  await out.begin();
  const damages: string[] = [];
  const seen = new Map<WantedConnection, Seen>(request.wanted.map((one) => [one, { packets: 0, others: 0 }]));
  const recordings = new Set(request.captures.map((capture) => capture.recordingId));
  for (const recordingId of recordings) {
    const wanted = request.wanted.filter((one) => one.recordingId === recordingId);
    const addresses = new AddressTable();
    const { timeWaitNs, filter } = request.rules(recordingId);
    const finder = new IncarnationFinder(wanted, addresses, timeWaitNs);
    const reader = new Reader(finder, new SegmentDecoder(addresses), filter, seen, out);
    for (const capture of request.captures) {
      if (capture.recordingId !== recordingId) continue;
      const damage = await reader.read(capture, lastFrameIn(capture.id, wanted));
      if (damage !== null) damages.push(damage);
    }
  }
  await out.end();
  return { packets: out.packets, damages: [...damages, ...missing(seen)], notes: overlaps(seen) };
}

interface Seen {
  /** Copies made by the capture are not counted. */
  packets: number;
  /** Packets of the same four-tuple between its first and last that belong to connections that are not asked for. */
  others: number;
}

/** The last frame of the file that can belong to one of them; Infinity where one runs on into the next file. */
function lastFrameIn(captureId: number, wanted: readonly WantedConnection[]): number {
  let last = 0;
  for (const one of wanted) {
    if (one.followFrom > captureId || one.lastCaptureId < captureId) continue;
    last = Math.max(last, one.lastCaptureId > captureId ? Infinity : one.lastFrame);
  }
  return last;
}

/** Frames between two looks at what else is to be done (signals). */
const FRAMES_A_TURN = 65536;

class Reader {
  readonly #finder: IncarnationFinder;
  readonly #decoder: SegmentDecoder;
  /** Packets that the analysis did not take are no part of what it found. */
  readonly #filter: RecordFilter | null;
  readonly #seen: ReadonlyMap<WantedConnection, Seen>;
  readonly #out: PacketFile;
  readonly #batch = new SegmentBatch(MOST_ROWS_A_FRAME);
  readonly #epoch = new EpochHolder();

  constructor(
    finder: IncarnationFinder,
    decoder: SegmentDecoder,
    filter: string | null,
    seen: ReadonlyMap<WantedConnection, Seen>,
    out: PacketFile,
  ) {
    this.#finder = finder;
    this.#decoder = decoder;
    this.#filter = filter === null ? null : new RecordFilter(filter);
    this.#seen = seen;
    this.#out = out;
  }

  /** Reads one capture as far as there is something in it. Returns what kept it from getting there. */
  async read(capture: PacketRequest['captures'][number], lastFrame: number): Promise<string | null> {
    const { cursor } = await openCapture(capture.foundAt, this.#epoch);
    let previousNs = 0;
    try {
      do {
        while (cursor.next()) {
          // A record without a time has that of the one before it, as in the analysis.
          if (Number.isNaN(cursor.timeNs)) cursor.timeNs = previousNs;
          previousNs = cursor.timeNs;
          if (this.#isWanted(cursor, capture.id)) await this.#out.add(cursor, capture, this.#epoch);
          if (cursor.frame >= lastFrame) return null;
          if (cursor.frame % FRAMES_A_TURN === 0) await nextTurn();
        }
      } while (await cursor.refill());
      const isKnown = capture.damage !== null;
      return cursor.damage === null || isKnown ? null : `${capture.foundAt}: ${cursor.damage.message}`;
    } finally {
      await cursor.close();
    }
  }

  #isWanted(cursor: RecordCursor, captureId: number): boolean {
    const batch = this.#batch;
    batch.clear();
    if (this.#filter?.accepts(cursor) === false) return false;
    this.#decoder.decode(cursor, batch);
    if (batch.length === 0 || !this.#finder.concerns(batch)) return false;
    const found = this.#finder.follow(batch, captureId);
    for (const { connection, isCopy } of found) {
      const mine = connection === null ? undefined : this.#seen.get(connection);
      if (mine !== undefined && !isCopy) mine.packets++;
    }
    const isWanted = found.some(({ connection }) => connection !== null);
    if (!isWanted) this.#countOthers(captureId);
    return isWanted;
  }

  #countOthers(captureId: number): void {
    for (const connection of this.#finder.concerned(this.#batch, captureId)) {
      const seen = this.#seen.get(connection);
      if (seen !== undefined) seen.others++;
    }
  }
}

/** The pcapng file as it grows: interfaces are described where their first packet comes. */
class PacketFile {
  packets = 0;
  readonly #request: PacketRequest;
  readonly #write: (octets: Uint8Array) => Promise<void>;
  readonly #interfaces = new Map<string, { readonly id: number; readonly offsetNs: bigint }>();
  #pending: Buffer[] = [];
  #pendingLen = 0;

  constructor(request: PacketRequest, write: (octets: Uint8Array) => Promise<void>) {
    this.#request = request;
    this.#write = write;
  }

  async begin(): Promise<void> {
    await this.#append(sectionBlock(this.#request.application, this.#request.title));
  }

  async add(cursor: RecordCursor, capture: CaptureFile, epoch: EpochHolder): Promise<void> {
    const ns = epoch.epochNanoseconds() + BigInt(Math.round(cursor.timeNs));
    const { id, offsetNs } = await this.#interfaceOf(cursor, capture, ns);
    this.packets++;
    await this.#append(
      packetBlock({
        interfaceId: id,
        timeNs: ns - offsetNs,
        octets: cursor.bytes.subarray(cursor.at, cursor.end),
        originalLen: cursor.originalLen,
        comments: this.#comments(capture, cursor.frame),
      }),
    );
  }

  async end(): Promise<void> {
    await this.#flush();
  }

  /** Comments name frames by their numbers in the capture that was analyzed: here they have others. */
  #comments(capture: CaptureFile, frame: number): string[] {
    const texts = this.#request.comments.get(capture.id * 2 ** 32 + frame) ?? [];
    return texts.map(
      (text) => `${text} [frame ${frame} of ${baseName(capture.path)}; frame numbers are those of that file]`,
    );
  }

  async #interfaceOf(cursor: RecordCursor, capture: CaptureFile, ns: bigint) {
    const { interfaceId, linkType, fcsLen, interfaceSnaplen: snaplen } = cursor;
    // Times in the file are not negative: an interface with packets before 1970 counts from long before.
    const offsetSeconds = ns < 0n ? -(2n ** 33n) : 0n;
    const key = [capture.id, interfaceId, linkType, fcsLen, offsetSeconds].join(' ');
    const known = this.#interfaces.get(key);
    if (known !== undefined) return known;
    const opened = { id: this.#interfaces.size, offsetNs: offsetSeconds * 1_000_000_000n };
    this.#interfaces.set(key, opened);
    const description = `interface ${interfaceId} of ${baseName(capture.path)}`;
    await this.#append(interfaceBlock({ linkType, snaplen, fcsLen, description, offsetSeconds }));
    return opened;
  }

  async #append(block: Buffer): Promise<void> {
    this.#pending.push(block);
    this.#pendingLen += block.length;
    if (this.#pendingLen >= 1 << 20) await this.#flush();
  }

  async #flush(): Promise<void> {
    const octets = Buffer.concat(this.#pending);
    this.#pending = [];
    this.#pendingLen = 0;
    if (octets.length > 0) await this.#write(octets);
  }
}

const baseName = (file: string): string => file.replace(/^.*[/\\]/, '');

/** Said where the packets read are not as many as the analysis counted. */
function missing(seen: ReadonlyMap<WantedConnection, Seen>): string[] {
  return told(
    [...seen].flatMap(([{ id, packets }, now]) =>
      now.packets === packets
        ? []
        : [`connection ${id}: the analysis counted ${packets} packets, and ${now.packets} were found now.`],
    ),
  );
}

function overlaps(seen: ReadonlyMap<WantedConnection, Seen>): string[] {
  return told(
    [...seen].flatMap(([{ id }, { others }]) =>
      others === 0
        ? []
        : [
            `connection ${id}: ${others === 1 ? 'one packet' : `${others} packets`} of the same addresses and ports between its first and last ${others === 1 ? 'belongs' : 'belong'} to other connections and ${others === 1 ? 'is' : 'are'} left out. Name those connections too to have them.`,
          ],
    ),
  );
}

/** Sentences told one by one; past this, their number tells enough. */
const EACH = 5;

const told = (sentences: readonly string[]): string[] =>
  sentences.length <= EACH
    ? [...sentences]
    : [...sentences.slice(0, EACH), `... and so for ${sentences.length - EACH} more connections.`];
