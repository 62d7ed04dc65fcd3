/** What the two sides of the writer say to each other. Rows lie in shared memory; all else is a message. */
import type { MessagePort } from 'node:worker_threads';
import type { FindingRow, ZeekHistoryRow } from '../flow/row-sink.js';
import type { ReturnedTuples } from '../flow/forgotten-tuples.js';
import type { Vantage } from '../flow/vantage.js';
import { ROW_LAYOUTS } from '../flow/row-layout.js';

/** Rows of one message; a multiple of the worker's rows a statement. */
export const SLOT_ROWS = 1024;
export const SLOT_VALUES = SLOT_ROWS * Math.max(...ROW_LAYOUTS.map((layout) => layout.columns.length));
/** In place of a table's number: connections that the worker is to judge. */
export const SETTLED = ROW_LAYOUTS.length;

/** Words of the shared control array. */
export const enum Control {
  DONE = 0,
  FAILED = 1,
}
export const CONTROL_WORDS = 2;

export interface WriterStart {
  readonly path: string;
  readonly slots: SharedArrayBuffer;
  readonly control: SharedArrayBuffer;
  readonly communityId: boolean;
  /** How long TIME_WAIT lasts, ns, and how many addresses there may be, in the censuses. */
  readonly timeWaitNs: number;
  readonly censusHosts: number;
  /** The database is only to be merged into another one, so that it needs no views. */
  readonly appends: boolean;
}

/** A capture as it goes into the database; names as in the table. */
export interface CaptureRow {
  readonly id: number;
  readonly path: string;
  readonly format: 'pcap' | 'pcapng' | null;
  readonly compression: string | null;
  readonly linkTypes: readonly number[];
  readonly snaplen: number | null;
  readonly packets: number;
  readonly tcpPackets: number;
  readonly undecodedPackets: number;
  readonly bytes: number | null;
  /** Nanoseconds since 1970; null where no packet has a time. */
  readonly firstNs: bigint | null;
  readonly lastNs: bigint | null;
  readonly dropsReported: number | null;
  readonly damage: string | null;
  readonly sha256: string | null;
  /** SHA-256 of the file's first octets; null for pipes. */
  readonly headSha256: string | null;
  readonly backwardSteps: number;
  readonly largestBackwardStepNs: number;
  readonly cutFrames: number;
  /** Where most handshakes say that the tap was. */
  readonly vantage: Vantage | null;
  readonly undecoded: readonly UndecodedRow[];
}

/** The reason under which `undecoded` counts packets that were not looked at, for the user's filter left them out. */
export const LEFT_OUT_BY_FILTER = 'left-out-by-filter';

export interface UndecodedRow {
  readonly reason: string;
  readonly packets: number;
  /** Continues "a packet ...". */
  readonly meaning: string;
  /** Nobody can say whether these packets held TCP. */
  readonly undecided: boolean;
}

/** What the database is to say about how it was made. */
export interface Provenance {
  readonly created: string;
  readonly toolVersion: string;
  readonly commandLine: string | null;
  readonly parameters: Readonly<Record<string, string | number | boolean | null>>;
  readonly timeWaitNs: number;
}

/** What is known when no row of a connection comes any more. */
export interface ConnectionsEnd {
  /** Nanoseconds since 1970 that all relative times count from. */
  readonly epochNs: bigint;
  readonly captures: readonly CaptureRow[];
  /** Connections whose four-tuples may have been counted from 1 again, for they had left the tracker's memory. */
  readonly returned: ReturnedTuples;
}

export interface WriterEnd {
  readonly epochNs: bigint;
  readonly provenance: Provenance;
  /** The database to add this recording to (it is copied first), and where the joined one is to be written. */
  readonly append: {
    readonly existing: string;
    readonly joined: string;
  } | null;
}

/** What is to be done with the database. */
export type Work =
  | {
      readonly kind: 'rows';
      readonly table: number;
      readonly slot: number;
      readonly rows: number;
    }
  | {
      readonly kind: 'addresses';
      readonly firstId: number;
      readonly ips: readonly string[];
    }
  | { readonly kind: 'findings'; readonly rows: readonly FindingRow[] }
  | {
      readonly kind: 'zeek-histories';
      readonly rows: readonly ZeekHistoryRow[];
    }
  /** Comes once, before 'finish'. */
  | { readonly kind: 'connections-end'; readonly end: ConnectionsEnd }
  | { readonly kind: 'finish'; readonly end: WriterEnd };

/** The last message is one of 'finish' and 'abort', and is answered. */
export type ToService = Work | { readonly kind: 'abort' };

export type ToWorker =
  | ToService
  /** The first message. Answers go to `replies`. */
  | { readonly kind: 'start'; readonly start: WriterStart; readonly replies: MessagePort }
  /** The reply has arrived: the thread may end. It never ends before, for a reply could be lost with it. */
  | { readonly kind: 'leave' };

export type FromWorker =
  | { readonly kind: 'finished' }
  | { readonly kind: 'aborted' }
  | {
      readonly kind: 'failed';
      readonly code: string;
      readonly message: string;
    };
