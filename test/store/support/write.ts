import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll } from 'vitest';
import { CONNECTION_EXTRA_ROW, CONNECTION_ROW, type BitField, type RowLayout } from '../../../src/flow/row-layout.js';
import type { RowSink } from '../../../src/flow/row-sink.js';
import type { OutputMode } from '../../../src/store/output-file.js';
import type { CaptureRow, Provenance } from '../../../src/store/writer-protocol.js';
import { DatabaseWriter } from '../../../src/store/writer.js';
import { Analysis } from '../../support/analysis.js';

/** A folder of its own for each test file; it goes when the file is done. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tcpclose-test-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export const EPOCH_NS = 1_700_000_000_123_456_789n;

export const PROVENANCE: Provenance = {
  created: '2026-01-02T03:04:05.000Z',
  toolVersion: '1.2.3',
  commandLine: 'tcpclose analyze web.pcap',
  parameters: { reader: 'own' },
  timeWaitNs: 60e9,
};

export const CAPTURE: CaptureRow = {
  id: 1,
  path: 'web.pcap',
  format: 'pcap',
  compression: null,
  linkTypes: [1],
  snaplen: 65_535,
  packets: 10,
  tcpPackets: 8,
  undecodedPackets: 1,
  bytes: 1000,
  firstNs: EPOCH_NS,
  lastNs: EPOCH_NS + 5n,
  dropsReported: null,
  damage: null,
  sha256: null,
  headSha256: null,
  backwardSteps: 0,
  largestBackwardStepNs: 0,
  cutFrames: 0,
  vantage: 'client',
  undecoded: [
    { reason: 'arp', packets: 1, meaning: 'of ARP', undecided: false },
    { reason: 'too-short', packets: 1, meaning: 'too short', undecided: true },
  ],
};

/** Addresses are written 10.0.0.N, those of family 6 2001:db8::N. */
const addressText = (family: number, address: number): string =>
  family === 4 ? `10.0.0.${address}` : `2001:db8::${address}`;

interface Writing {
  readonly mode?: OutputMode;
  readonly communityId?: boolean;
  readonly epochNs?: bigint;
  readonly apart?: boolean;
  readonly addressText?: (family: number, address: number) => string;
}

export async function write(output: string, fill: (sink: RowSink) => void, options: Writing = {}): Promise<void> {
  const writer = new DatabaseWriter({
    output,
    mode: options.mode ?? 'refuse',
    addressText: options.addressText ?? addressText,
    communityId: options.communityId ?? false,
    timeWaitNs: PROVENANCE.timeWaitNs,
    censusHosts: 100,
    apart: options.apart ?? true,
  });
  try {
    fill(writer);
    const epochNs = options.epochNs ?? EPOCH_NS;
    writer.endConnections({ epochNs, captures: [CAPTURE], returned: [] });
    await writer.finish(epochNs, PROVENANCE);
  } catch (error) {
    await writer.abort();
    throw error;
  }
}

export async function written(output: string, fill: (sink: RowSink) => void, options: Writing = {}): Promise<Analysis> {
  await write(output, fill, options);
  return new Analysis(output);
}

/** Appends one row; columns not named are -1. */
export function append(sink: RowSink, layout: RowLayout, values: Readonly<Record<string, number>>): void {
  const appender = sink.rows(layout);
  layout.columns.forEach((name, i) => (appender.values[appender.at + i] = values[name] ?? -1));
  for (const name of Object.keys(values))
    if (!layout.columns.includes(name)) throw new Error(`${layout.table} has no column ${name}`);
  appender.commit();
}

export const at = (capture: number, frame: number): number => capture * 2 ** 32 + frame;

/** A connection 10.0.0.1:40000 -> 10.0.0.2:443 with what is not named left out. */
export function connection(sink: RowSink, values: Readonly<Record<string, number>> = {}): void {
  append(sink, CONNECTION_ROW, {
    id: 1,
    client_address: sink.addressId(4, 1),
    server_address: sink.addressId(4, 2),
    ports: 40_000 * 65_536 + 443,
    outcome: 0,
    reset: 0,
    first_rel: 0,
    lasted_span: 1e9,
    first_at: at(1, 1),
    last_past: 9,
    client_packets: 5,
    server_packets: 5,
    client_bytes: 100,
    server_bytes: 200,
    ...values,
  });
}

export function extra(sink: RowSink, values: Readonly<Record<string, number>>): void {
  append(sink, CONNECTION_EXTRA_ROW, {
    incarnation: 1,
    syn_count: 1,
    syn_ack_count: 1,
    client_repeated: 0,
    server_repeated: 0,
    client_retransmissions: 0,
    server_retransmissions: 0,
    ...values,
  });
}

/** Codes into the bits of a packed column. */
export function packed<Name extends string>(
  fields: Readonly<Record<Name, BitField>>,
  codes: Partial<Record<Name, number>>,
): number {
  let column = 0;
  for (const [name, code] of Object.entries(codes) as [Name, number][]) column += code * 2 ** fields[name].shift;
  return column;
}
