/** The rows that say where a database comes from, and its tally: written once, at the end of a run. */
import type { Database } from 'better-sqlite3';
import type { ConnectionTally } from './bulk/connection-tally.js';
import type { CaptureRow, Provenance } from './writer-protocol.js';

export function insertTally(to: Database, tally: ConnectionTally): void {
  const insert = to.prepare('INSERT INTO connection_tally VALUES (?, ?, ?, ?, ?, ?, ?)');
  for (const { server, serverPort, outcome, reset, connections, oneSided, firstId } of tally.groups())
    insert.run(server, serverPort, outcome, reset, connections, oneSided, firstId === -1 ? null : firstId);
}

export function insertProvenance(to: Database, provenance: Provenance, epochNs: bigint): void {
  const meta = to.prepare('INSERT INTO meta(key, value) VALUES (?, ?)');
  const entries: Record<string, string | number | boolean | bigint | null> = {
    tool: 'tcpclose',
    tool_version: provenance.toolVersion,
    command_line: provenance.commandLine,
    created: provenance.created,
    epoch_ns: epochNs,
    time_wait_ns: provenance.timeWaitNs,
    sqlite_version: to.prepare('SELECT sqlite_version()').pluck().get() as string,
    node_version: process.version,
    ...provenance.parameters,
  };
  for (const [key, value] of Object.entries(entries)) meta.run(key, value === null ? null : String(value));
  to.prepare(
    'INSERT INTO recordings(id, created, tool_version, command_line, parameters, first_connection_id) VALUES (1, ?, ?, ?, ?, 1)',
  ).run(
    provenance.created,
    provenance.toolVersion,
    provenance.commandLine,
    JSON.stringify({
      ...provenance.parameters,
      time_wait_ns: provenance.timeWaitNs,
    }),
  );
}

export function insertCapture(to: Database, c: CaptureRow): void {
  to.prepare(
    `INSERT INTO captures(id, path, format, compression, link_types, snaplen, packets, tcp_packets, undecoded_packets, bytes, first_ns, last_ns,
       drops_reported, damage, sha256, head_sha256, backward_steps, largest_backward_step_ns, cut_frames, vantage, recording_id)
     VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, 1)`,
  ).run(
    c.id,
    c.path,
    c.format,
    c.compression,
    c.linkTypes.length === 0 ? null : c.linkTypes.join(','),
    c.snaplen,
    c.packets,
    c.tcpPackets,
    c.undecodedPackets,
    c.bytes,
    c.firstNs,
    c.lastNs,
    c.dropsReported,
    c.damage,
    c.sha256,
    c.headSha256,
    c.backwardSteps,
    c.largestBackwardStepNs,
    c.cutFrames,
    c.vantage,
  );
  const undecoded = to.prepare(
    'INSERT INTO undecoded(capture_id, reason, packets, meaning, undecided) VALUES (?, ?, ?, ?, ?)',
  );
  for (const row of c.undecoded) undecoded.run(c.id, row.reason, row.packets, row.meaning, row.undecided ? 1 : 0);
}
