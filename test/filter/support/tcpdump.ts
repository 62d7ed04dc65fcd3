import { spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { FilteredRecord } from '../../../src/filter/outer-headers.js';
import { OctetWriter } from '../../support/capture-octets.js';

export const HAS_TCPDUMP = spawnSync('tcpdump', ['--version']).status === 0;
export const WITHOUT_TCPDUMP = 'skipped: tcpdump, the oracle, is not installed (apt-get install tcpdump)';

const FILE_HEADER_LEN = 24;
const RECORD_HEADER_LEN = 16;

/** Writes frames of one link type as a pcap file in which a record's seconds are its index. */
export function writeNumbered(path: string, frames: readonly FilteredRecord[], linkType: number): void {
  const out = new OctetWriter(true);
  out.u32(0xa1b2c3d4).u16(2).u16(4).u32(0).u32(0).u32(262_144).u32(linkType);
  frames.forEach(({ view, at, end, originalLen }, i) => {
    out
      .u32(i)
      .u32(0)
      .u32(end - at)
      .u32(originalLen);
    out.octets(new Uint8Array(view.buffer, view.byteOffset + at, end - at));
  });
  writeFileSync(path, out.done());
}

/**
 * Indexes of the frames that tcpdump takes, or what it says of an expression that it does not. Its optimizer is off: it
 * forgets here and there that a cut frame lacks the octets to be compared.
 */
export function tcpdumpTakes(path: string, expression: string): number[] | string {
  const { status, stdout, stderr } = spawnSync('tcpdump', ['-O', '-r', path, '-w', '-', '--', expression], {
    maxBuffer: 1 << 30,
  });
  const said = stderr.toString().replace(/^(?:reading from|Warning: interface).*\n/gm, '');
  if (status !== 0) return said;
  const taken: number[] = [];
  for (let at = FILE_HEADER_LEN; at + RECORD_HEADER_LEN <= stdout.length;) {
    taken.push(stdout.readUInt32LE(at));
    at += RECORD_HEADER_LEN + stdout.readUInt32LE(at + 8);
  }
  return taken;
}

/** Whether tcpdump takes the expression for Ethernet; else what it says. */
export function tcpdumpAccepts(expression: string): true | string {
  const { status, stderr } = spawnSync('tcpdump', ['-O', '-y', 'EN10MB', '-d', '--', expression]);
  return status === 0 ? true : stderr.toString();
}
