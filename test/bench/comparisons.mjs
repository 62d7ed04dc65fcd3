import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { isInstalled } from './measure.mjs';

const here = (name) => fileURLToPath(new URL(name, import.meta.url));
const CLI = here('../../dist/bin/cli.js');
/** The same program in the modules that it was written in, for a profile to tell them apart. */
export const IN_MODULES = here('../../dist/cli.js');

/** For incident work: resets, FINs and SYNs. */
const FLAGS_FILTER = 'tcp[13] & 7 != 0';
const FIELDS = ['frame.number', 'frame.time_epoch', 'ip.src', 'ip.dst', 'tcp.srcport', 'tcp.dstport', 'tcp.seq_raw'];
FIELDS.push('tcp.ack_raw', 'tcp.flags', 'tcp.len', 'tcp.options.timestamp.tsval', 'tcp.stream');
/** Connections of `short` that programs are given which take minutes for all of it. */
const FIFTH = 0.2;

/** Our command for a capture: from the start to the last line of the summary, the database written. */
export function analyzeCommand(capture, database, options = [], program = CLI) {
  return ['node', program, 'analyze', capture, '-o', database, '--force', ...options];
}

/** Makes floor.c; null where there is no compiler. */
export function buildFloor(folder) {
  const compiler = ['cc', 'gcc', 'clang'].find(isInstalled);
  if (compiler === undefined) return null;
  const out = join(folder, 'floor');
  execFileSync(compiler, ['-O3', '-march=native', here('floor.c'), '-o', out]);
  return out;
}

/**
 * What is measured against what. `section` is what a comparison is chosen by; `capture` a name of captures.mjs, of which
 * `part` is measured (1: all); `compression` as in captures.mjs; `against` how the table calls the other side, `theirs` its
 * command for a path, `needs` the program that must be there; `options` ours beyond the usual, which `note` tells; `pairs`
 * how many runs are made unless told otherwise, fewer where one takes long.
 *
 * `floor` is the path of the compiled floor.c, or null; `work` a folder for what the others write.
 */
export function comparisons(floor, work) {
  const toFloor = { against: 'the floor', theirs: (path) => [floor, path], needs: floor ?? 'cc' };
  const toCat = { against: '`cat`', theirs: (path) => ['cat', path], needs: 'cat' };
  const toTcpdump = { theirs: (path) => ['tcpdump', '-nr', path, '-w', '/dev/null', FLAGS_FILTER], needs: 'tcpdump' };
  return [
    { section: 'short', capture: 'short', ...toFloor },
    { section: 'short', capture: 'short', ...toFloor, options: ['--quiet'], note: 'no summary' },
    { section: 'bulk', capture: 'bulk', ...toCat },
    { section: 'slow', capture: 'slow', ...toFloor, pairs: 3 },
    { section: 'flood', capture: 'flood', ...toCat, pairs: 3 },
    {
      section: 'gzip',
      capture: 'short',
      compression: 'gz',
      against: '`zcat`',
      theirs: (path) => ['zcat', path],
      needs: 'zcat',
    },
    {
      section: 'zstd',
      capture: 'short',
      compression: 'zst',
      against: 'its zstd library alone',
      theirs: (path) => ['node', here('decode-zstd.mjs'), path],
      needs: 'zstd', // to make the capture
    },
    { section: 'tcpdump', capture: 'short', against: 'tcpdump with a filter', ...toTcpdump },
    {
      section: 'tcpdump',
      capture: 'short',
      against: 'tcpdump with a filter',
      ...toTcpdump,
      options: ['--filter', FLAGS_FILTER],
      note: 'same filter',
    },
    {
      section: 'peers',
      capture: 'short',
      against: 'argus',
      theirs: (path) => ['argus', '-r', path, '-w', join(work, 'argus')],
      needs: 'argus',
      pairs: 3,
    },
    {
      section: 'peers',
      capture: 'short',
      part: FIFTH,
      against: 'tcptrace',
      theirs: (path) => ['tcptrace', '-n', '-l', path],
      needs: 'tcptrace',
      pairs: 1,
    },
    {
      section: 'peers',
      capture: 'short',
      part: FIFTH,
      against: 'tshark `-z conv,tcp`',
      theirs: (path) => ['tshark', '-r', path, '-q', '-z', 'conv,tcp'],
      needs: 'tshark',
      pairs: 1,
    },
    {
      section: 'peers',
      capture: 'short',
      against: `tshark \`-T fields\`, ${FIELDS.length} of them`,
      theirs: (path) => ['tshark', '-r', path, '-T', 'fields', ...FIELDS.flatMap((field) => ['-e', field])],
      needs: 'tshark',
      pairs: 1,
    },
  ];
}
