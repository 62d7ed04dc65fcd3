import { execFileSync } from 'node:child_process';
import { closeSync, createReadStream, createWriteStream, existsSync, mkdirSync, openSync, readSync } from 'node:fs';
import { renameSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { fileURLToPath } from 'node:url';
import { createGzip } from 'node:zlib';

/** The captures that are measured: what they are, the arguments of gen.mjs, and the size of the file that they make. */
export const CAPTURES = {
  short: { title: '500,000 connections in 15 s', args: [500000, 1, 100, 2000], bytes: 513_900_024 },
  bulk: { title: 'full-size packets', args: [3000, 250, 1448, 200], bytes: 1_154_081_424 },
  slow: { title: '500,000 connections in 25 min', args: [500000, 1, 100, 2000, 262144, 300], bytes: 513_900_024 },
  flood: { title: '10 million unanswered SYNs', args: [10000000, 1, 0, 1000, 262144, 3, 'flood'], bytes: 900_000_024 },
};

/** Where captures are made, unless told otherwise. */
export const DEFAULT_FOLDER = fileURLToPath(new URL('captures', import.meta.url));
const FEWEST_CONNECTIONS = 100;

/**
 * The path of a capture in `folder`, with so large a part of its connections as `scale` says (1: all of them); made where
 * it is not there whole. `compression` is null, `gz`, or `zst`, for which the program zstd must be there.
 */
export async function provideCapture(name, folder, scale, compression = null) {
  const { args, bytes } = CAPTURES[name];
  const path = join(folder, scale === 1 ? `${name}.pcap` : `${name}-${Number(scale.toPrecision(3))}.pcap`);
  const isWhole = existsSync(path) && (scale !== 1 || statSync(path).size === bytes);
  if (!isWhole) await make(path, (part) => generate(part, args, scale));
  if (scale === 1 && statSync(path).size !== bytes)
    throw new Error(`${path} has not the ${bytes} octets that were expected: gen.mjs and captures.mjs differ`);
  if (compression === null) return path;
  const compressed = `${path}.${compression}`;
  if (!existsSync(compressed) || statSync(compressed).mtimeMs < statSync(path).mtimeMs) {
    await make(compressed, (part) => compress(path, part, compression));
  }
  return compressed;
}

/** Under its name a file appears whole or not at all. */
async function make(path, write) {
  const part = `${path}.part`;
  console.error(`making ${path}`);
  mkdirSync(join(path, '..'), { recursive: true });
  try {
    await write(part);
    renameSync(part, path);
  } finally {
    rmSync(part, { force: true });
  }
}

function generate(path, [connections, ...rest], scale) {
  const some = scale === 1 ? connections : Math.max(FEWEST_CONNECTIONS, Math.round(connections * scale));
  const generator = fileURLToPath(new URL('gen.mjs', import.meta.url));
  execFileSync(process.execPath, [generator, path, ...[some, ...rest].map(String)]);
}

async function compress(from, to, compression) {
  if (compression === 'zst') execFileSync('zstd', ['-q', '-f', from, '-o', to]);
  else await pipeline(createReadStream(from), createGzip(), createWriteStream(to));
}

/** Reads the file once, so that the first measured program finds it in memory as all others do. */
export function warm(path) {
  const buffer = Buffer.alloc(1 << 22);
  const fd = openSync(path, 'r');
  while (readSync(fd, buffer) > 0);
  closeSync(fd);
}
