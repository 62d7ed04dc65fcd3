/**
 * The pipeline: captures -> records -> segments -> connections and verdicts -> database. Read this file first.
 *
 * Nothing is printed here. Progress is told to a listener; what is odd about the input is in the result and the database.
 */
import { statSync } from 'node:fs';
import { nameOf, type ReaderName } from './capture/open.js';
import { UsageError } from './errors.js';
import { grouped } from './detect/numbers.js';
import { createEngine, type Engine, type EngineOptions } from './detect/engine.js';
import { RecordFilter } from './filter/filter.js';
import type { Evictions } from './flow/events.js';
import type { FindingRow, RowSink } from './flow/row-sink.js';
import type { Severity } from './flow/vocabulary.js';
import { createSource } from './reading/create-source.js';
import type { ReadRecording, SegmentSource } from './reading/segment-source.js';
import type { FillingMemory } from './segment/filling-memory.js';
import { AddressTable } from './segment/address-table.js';
import type { OutputMode } from './store/output-file.js';
import { isWorthAThread } from './store/worth-a-thread.js';
import { DatabaseWriter } from './store/writer.js';
import { LEFT_OUT_BY_FILTER, type CaptureRow } from './store/writer-protocol.js';

export interface AnalyzeOptions {
  /** Files, directories, or '-' for standard input. */
  readonly inputs: readonly string[];
  /** Where the database goes. */
  readonly output: string;
  /** What happens when the output exists; default: it is refused. */
  readonly mode?: OutputMode;
  /** Only records that this expression in tcpdump's syntax accepts are analysed; default: all. */
  readonly filter?: string;
  /** How long TIME_WAIT is taken to last, ns; default 60 s, or that of the database that is added to. */
  readonly timeWaitNs?: number;
  /**
   * Threads that may be used; 1: reading, decoding and following in one. Default: what the machine has and the input is
   * worth. The database is the same.
   */
  readonly jobs?: number;
  /**
   * Memory that the process may take, octets, at least `LEAST_MEMORY`; default: no cap. Past it the longest silent
   * connections leave memory: their rows are written and marked, and what comes later of them is another connection.
   */
  readonly maxMemory?: number;
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
  /**
   * Given once, before anything is read: ends a pipe on standard input, so that the run ends well with what came until then.
   * For signal handlers.
   */
  onReading?(endInput: () => void): void;
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

const DEFAULT_CENSUS_HOSTS = 100;
/**
 * What the program takes besides the connections in memory: itself, its buffers, the database's cache, and what is kept
 * of addresses and clocks. Measured: 300 to 350 MiB with millions of segments, 400 where ten million SYNs are a flood.
 */
const PROGRAM_MEMORY = 400 * 2 ** 20;
export const LEAST_MEMORY = 448 * 2 ** 20;

/** Reads the captures and writes one database. @throws TcpcloseError; then nothing was written. */
export async function analyze(options: AnalyzeOptions, listener: AnalyzeListener = {}): Promise<AnalyzeResult> {
  // Throws before anything is opened or made.
  const filter = options.filter === undefined ? null : new RecordFilter(options.filter);
  const addresses = new AddressTable();
  const censusHosts = options.censusHosts ?? DEFAULT_CENSUS_HOSTS;
  const maxRecordBytes = memoryForConnections(options.maxMemory);
  const writer = new DatabaseWriter({
    output: options.output,
    mode: options.mode ?? 'refuse',
    addressText: (family, address) => addresses.text(family, address),
    communityId: options.communityId ?? false,
    apart: isWorthAThread(options.inputs),
    censusHosts,
    ...(options.timeWaitNs === undefined ? {} : { timeWaitNs: options.timeWaitNs }),
  });
  const engineOptions = { timeWaitNs: writer.timeWaitNs, censusHosts, maxRecordBytes };
  listener.onStart?.(() => writer.discardFiles());
  try {
    const findings = { info: 0, notice: 0, warning: 0, critical: 0 };
    const engine = (options.engine ?? createEngine)(engineOptions, countingFindings(writer, findings), addresses);
    const recording = await followAll(sourceOf(options, addresses, engine.filling), engine, options.output, listener);
    engine.endConnections();
    const captures = recording.captures.map((capture) => ({ ...capture, vantage: engine.vantage(capture.id) }));
    // The writer has much to do with them, while the engine sums up.
    writer.endConnections({ epochNs: recording.epochNs, captures, returned: engine.returned });
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
        jobs: options.jobs ?? null,
        census_hosts: engineOptions.censusHosts,
        max_memory: options.maxMemory ?? null,
        evicted_connections: engine.evictions.unended,
        evicted_after_their_end: engine.evictions.ended,
        filter: options.filter ?? null,
        filter_cuts_connections: filter !== null && !filter.keepsConnectionsWhole,
        acks_left_out: engine.acksLeftOut,
        packets_left_out: captures.reduce((sum, capture) => sum + leftOutOf(capture), 0),
        unread_inputs: recording.errors.length === 0 ? null : recording.errors.join('\n'),
      },
    };
    await writer.finish(recording.epochNs, provenance);
    return {
      output: options.output,
      captures,
      damages: [
        ...recording.errors,
        ...captures.flatMap((c) => (c.damage === null ? [] : [`${nameOf(c.path)}: ${c.damage}`])),
      ],
      notes: [...recording.notes, ...evictionNotes(engine.evictions, options.maxMemory)],
      leftOut: recording.leftOut,
      findings,
    };
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

function sourceOf(options: AnalyzeOptions, addresses: AddressTable, filling: readonly FillingMemory[]): SegmentSource {
  const { inputs, reader = 'own', sha256 = false, filter = null } = options;
  return createSource({ inputs, reader, sha256, filter }, addresses, options.jobs, filling);
}

/** Opens the recording, has the engine follow all of it, and lets go of it. */
async function followAll(
  source: SegmentSource,
  engine: Engine,
  output: string,
  listener: AnalyzeListener,
): Promise<ReadRecording> {
  listener.onReading?.(() => source.endInput());
  try {
    const { paths, totalBytes } = await source.open();
    refuseToOverwriteInput(paths, output);
    return await source.read({
      onSegments: (batch, captureId) => engine.consume(batch, captureId),
      onProgress: (readBytes) => listener.onProgress?.(readBytes, totalBytes),
    });
  } finally {
    await source.close();
  }
}

/** @throws UsageError where nothing would be left for connections. */
function memoryForConnections(maxMemory: number | undefined): number | null {
  if (maxMemory === undefined) return null;
  if (maxMemory >= LEAST_MEMORY) return maxMemory - PROGRAM_MEMORY;
  const [given, least, program] = [maxMemory, LEAST_MEMORY, PROGRAM_MEMORY].map(mebibytes);
  throw new UsageError(
    'too-little-memory',
    `--max-memory: ${given} is too little: the program alone takes about ${program}. Give ${least} or more.`,
  );
}

/** What the cap on memory cost, and the way out. */
function evictionNotes({ unended, ended }: Evictions, maxMemory: number | undefined): string[] {
  if (unended + ended === 0) return [];
  const cap = maxMemory === undefined ? 'the cap on memory' : `--max-memory ${mebibytes(maxMemory)}`;
  const cut = `${grouped(unended)} ${unended === 1 ? 'connection' : 'connections'} left memory before the end, and close_note says so`;
  const over = `${grouped(ended)} that had ended left early`;
  return [
    `${cap} was reached: ${[unended > 0 ? cut : '', ended > 0 ? over : ''].filter(Boolean).join('; ')}. What came later of them is told of as another connection, and a SYN on their TIME_WAIT is not recognised. Give more memory, or cut the capture into parts (editcap -i SECONDS) and add each with --append.`,
  ];
}

const mebibytes = (octets: number): string => `${Math.round(octets / 2 ** 20)}M`;

function leftOutOf(capture: CaptureRow): number {
  return capture.undecoded.find(({ reason }) => reason === LEFT_OUT_BY_FILTER)?.packets ?? 0;
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
function refuseToOverwriteInput(paths: readonly string[], output: string): void {
  const target = statSync(output, { throwIfNoEntry: false });
  if (target === undefined) return;
  for (const path of paths) {
    const stat = path === '-' ? undefined : statSync(path, { throwIfNoEntry: false });
    if (stat !== undefined && stat.dev === target.dev && stat.ino === target.ino) {
      throw new UsageError(
        'output-is-input',
        `${output}: is one of the captures, and would be overwritten. Choose another name with -o.`,
      );
    }
  }
}
