/**
 * The pipeline: captures -> records -> segments -> connections and verdicts -> database. Read this file first.
 *
 * Nothing is printed here. Progress is told to a listener; what is odd about the input is in the result and the database.
 */
import { createHash } from 'node:crypto';
import { createReadStream, statSync } from 'node:fs';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { nameOf, type OpenCapture, type ReaderName } from './capture/open.js';
import type { RecordCursor } from './capture/record.js';
import { openRecording, type Recording } from './capture/recording.js';
import { UsageError } from './errors.js';
import { createEngine, type Engine, type EngineOptions } from './detect/engine.js';
import type { FindingRow, RowSink } from './flow/row-sink.js';
import type { Severity } from './flow/vocabulary.js';
import { AddressTable } from './segment/address-table.js';
import { SegmentDecoder } from './segment/decode.js';
import { SegmentBatch } from './segment/segment-batch.js';
import type { OutputMode } from './store/output-file.js';
import { DatabaseWriter } from './store/writer.js';
import type { CaptureRow } from './store/writer-protocol.js';

export interface AnalyzeOptions {
  /** Files, directories, or '-' for standard input. */
  readonly inputs: readonly string[];
  /** Where the database goes. */
  readonly output: string;
  /** What happens when the output exists; default: it is refused. */
  readonly mode?: OutputMode;
  /** How long TIME_WAIT is taken to last, ns; default 60 s. */
  readonly timeWaitNs?: number;
  /** Which pcap reader; default: our own. */
  readonly reader?: ReaderName;
  /** Compute Community IDs. */
  readonly communityId?: boolean;
  /** Hash each capture file. */
  readonly sha256?: boolean;
  /** Addresses that the censuses cover, those with the highest peaks; default 100. */
  readonly censusHosts?: number;
  /** Stands in the database as it is. */
  readonly commandLine?: string;
  readonly toolVersion?: string;
  /** Replaces what follows connections and judges them; for tests. */
  readonly engine?: (options: EngineOptions, sink: RowSink, addresses: AddressTable) => Engine;
}

/** Told while the work goes on; all calls come between two chunks of a file. */
export interface AnalyzeListener {
  /** Octets of the inputs read so far, and of all inputs (null for a pipe). */
  onProgress?(readBytes: number, totalBytes: number | null): void;
  /** Given once, before anything is read: removes temporary files at once. For signal handlers. */
  onStart?(discardFiles: () => void): void;
}

export interface AnalyzeResult {
  readonly output: string;
  readonly captures: readonly CaptureRow[];
  /** Full sentences about input that was damaged, cut short or could not be opened. Then the exit status is 3. */
  readonly damages: readonly string[];
  /** Full sentences that are worth a look but no damage. */
  readonly notes: readonly string[];
  /** Files of directories that were no captures. */
  readonly leftOut: number;
  readonly findings: Readonly<Record<Severity, number>>;
}

const BATCH_ROWS = 1024;
export const DEFAULT_TIME_WAIT_NS = 60e9;
export const DEFAULT_CENSUS_HOSTS = 100;

/** Reads the captures and writes one database. @throws TcpcloseError; then nothing was written. */
export async function analyze(options: AnalyzeOptions, listener: AnalyzeListener = {}): Promise<AnalyzeResult> {
  const addresses = new AddressTable();
  const writer = new DatabaseWriter({
    output: options.output,
    mode: options.mode ?? 'refuse',
    addressText: (family, address) => addresses.text(family, address),
    communityId: options.communityId ?? false,
  });
  listener.onStart?.(() => writer.discardFiles());
  try {
    const recording = await openRecording(
      options.inputs,
      options.reader === undefined ? {} : { reader: options.reader },
    );
    refuseToOverwriteInput(recording, options.output);
    const findings = { info: 0, notice: 0, warning: 0, critical: 0 };
    const engineOptions = {
      timeWaitNs: options.timeWaitNs ?? DEFAULT_TIME_WAIT_NS,
      censusHosts: options.censusHosts ?? DEFAULT_CENSUS_HOSTS,
    };
    const engine = (options.engine ?? createEngine)(engineOptions, countingFindings(writer, findings), addresses);
    const captures = await readCaptures(recording, engine, addresses, options, listener);
    engine.finish();
    const provenance = {
      created: new Date().toISOString(),
      toolVersion: options.toolVersion ?? 'unknown',
      commandLine: options.commandLine ?? null,
      timeWaitNs: engineOptions.timeWaitNs,
      parameters: {
        reader: options.reader ?? 'own',
        community_id: options.communityId ?? false,
        sha256: options.sha256 ?? false,
        census_hosts: engineOptions.censusHosts,
      },
    };
    const renumber = engine.forgotten > 0;
    await writer.finish(recording.epoch.epochNanoseconds(), captures, provenance, renumber);
    return {
      output: options.output,
      captures,
      damages: [
        ...recording.errors.map((error) => error.message),
        ...captures.flatMap((c) => (c.damage === null ? [] : [`${nameOf(c.path)}: ${c.damage}`])),
      ],
      notes: recording.notes,
      leftOut: recording.leftOut,
      findings,
    };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

async function readCaptures(
  recording: Recording,
  engine: Engine,
  addresses: AddressTable,
  options: AnalyzeOptions,
  listener: AnalyzeListener,
): Promise<CaptureRow[]> {
  const rows: CaptureRow[] = [];
  const decoder = new SegmentDecoder(addresses);
  const batch = new SegmentBatch(BATCH_ROWS);
  let bytesBefore = 0;
  for await (const capture of recording.captures()) {
    const reader = new CaptureReader(rows.length + 1, capture, decoder, batch, engine);
    await reader.read(() => listener.onProgress?.(bytesBefore + capture.bytesRead(), recording.totalBytes));
    bytesBefore += capture.sizeBytes ?? capture.bytesRead();
    const isFile = capture.path !== '-' && capture.sizeBytes !== null;
    rows.push(
      reader.row(
        recording.epoch.epochNanoseconds(),
        options.sha256 === true && isFile ? await sha256Of(capture.path) : null,
      ),
    );
  }
  return rows;
}

/** Takes one capture through the decoder to the engine, and counts what `captures` tells. */
class CaptureReader {
  readonly #id: number;
  readonly #capture: OpenCapture;
  readonly #decoder: SegmentDecoder;
  readonly #batch: SegmentBatch;
  readonly #engine: Engine;
  #packets = 0;
  #firstNs = Infinity;
  #lastNs = -Infinity;
  /** Time of the record before; a record without a time has that of the one before it. */
  #previousNs = NaN;
  #backwardSteps = 0;

  constructor(id: number, capture: OpenCapture, decoder: SegmentDecoder, batch: SegmentBatch, engine: Engine) {
    this.#id = id;
    this.#capture = capture;
    this.#decoder = decoder;
    this.#batch = batch;
    this.#engine = engine;
  }

  async read(onChunk: () => void): Promise<void> {
    const { cursor } = this.#capture;
    this.#decoder.clear();
    do {
      this.#readChunk(cursor);
      onChunk();
      await nextTurn(); // signals are handled between chunks
    } while (await cursor.refill());
    this.#consumeBatch();
  }

  /** All records in memory. The hot loop of the program. */
  #readChunk(cursor: RecordCursor): void {
    const decoder = this.#decoder;
    const batch = this.#batch;
    let packets = 0;
    let previousNs = this.#previousNs;
    while (cursor.next()) {
      packets++;
      const timeNs = cursor.timeNs;
      if (timeNs >= previousNs) previousNs = timeNs;
      else previousNs = this.#oddTime(cursor, previousNs);
      decoder.decode(cursor, batch);
      if (batch.length === BATCH_ROWS) this.#consumeBatch();
    }
    this.#packets += packets;
    this.#previousNs = previousNs;
    if (previousNs > this.#lastNs) this.#lastNs = previousNs;
  }

  /** The first record, a step back, or no time at all. Gives the time that the record is taken to have. */
  #oddTime(cursor: RecordCursor, previousNs: number): number {
    if (Number.isNaN(cursor.timeNs)) {
      cursor.timeNs = Number.isNaN(previousNs) ? 0 : previousNs;
      return previousNs;
    }
    if (cursor.timeNs < previousNs) {
      this.#backwardSteps++;
      if (previousNs > this.#lastNs) this.#lastNs = previousNs;
    }
    if (cursor.timeNs < this.#firstNs) this.#firstNs = cursor.timeNs;
    return cursor.timeNs;
  }

  #consumeBatch(): void {
    if (this.#batch.length === 0) return;
    this.#engine.consume(this.#batch, this.#id);
    this.#batch.clear();
  }

  row(epochNs: bigint, sha256: string | null): CaptureRow {
    const { cursor, path, compression, sizeBytes, bytesRead } = this.#capture;
    const facts = cursor.facts();
    const { damage } = cursor;
    const absolute = (ns: number): bigint | null => (Number.isFinite(ns) ? epochNs + BigInt(Math.round(ns)) : null);
    return {
      id: this.#id,
      path,
      format: facts.format,
      compression,
      linkTypes: facts.linkTypes,
      snaplen: facts.snaplen,
      packets: this.#packets,
      tcpPackets: this.#decoder.tcpPackets,
      undecodedPackets: this.#decoder.undecodedPackets,
      bytes: sizeBytes ?? bytesRead(),
      firstNs: absolute(this.#firstNs),
      lastNs: absolute(this.#lastNs),
      dropsReported: facts.dropsReported,
      damage:
        damage === null ? null : `${damage.message} (octet ${damage.offset}, frame ${damage.frame}, ${damage.code})`,
      sha256,
      backwardSteps: this.#backwardSteps,
      cutFrames: facts.cutFrames,
      vantage: this.#engine.vantage(this.#id),
      undecoded: this.#decoder
        .describeStops()
        .filter(({ group }) => group !== 'segment')
        .map(({ reason, packets, text, group }) => ({
          reason,
          packets,
          meaning: text,
          undecided: group === 'undecoded',
        })),
    };
  }
}

/** The same sink, findings counted by severity on their way. */
function countingFindings(sink: RowSink, counts: Record<Severity, number>): RowSink {
  return {
    rows: (layout) => sink.rows(layout),
    settled: () => sink.settled(),
    addressId: (family, address) => sink.addressId(family, address),
    zeekHistory: (row) => sink.zeekHistory(row),
    finding(row: FindingRow) {
      counts[row.severity]++;
      sink.finding(row);
    },
  };
}

/** `--force` replaces the output; it must never be one of the captures. */
function refuseToOverwriteInput(recording: Recording, output: string): void {
  const target = statSync(output, { throwIfNoEntry: false });
  if (target === undefined) return;
  for (const { path } of recording.files) {
    const stat = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && stat.dev === target.dev && stat.ino === target.ino) {
      throw new UsageError(
        'output-is-input',
        `${output}: is one of the captures, and would be overwritten. Choose another name with -o.`,
      );
    }
  }
}

async function sha256Of(path: string): Promise<string> {
  const hash = createHash('sha256');
  for await (const chunk of createReadStream(path, { highWaterMark: 1 << 20 })) hash.update(chunk as Buffer);
  return hash.digest('hex');
}
