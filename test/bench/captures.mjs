import { execFileSync } from 'node:child_process';
import { closeSync, existsSync, mkdirSync, openSync, readSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The captures that are measured: arguments of gen.mjs, size of the file that they make, what each run is compared with,
 * and how many pairs of runs are made unless told otherwise.
 */
export const CAPTURES = {
  short: { args: [500000, 1, 100, 2000], bytes: 513_900_024, against: 'floor', pairs: 5 },
  bulk: { args: [3000, 250, 1448, 200], bytes: 1_154_081_424, against: 'cat', pairs: 5 },
  slow: { args: [500000, 1, 100, 2000, 262144, 300], bytes: 513_900_024, against: null, pairs: 1 },
  flood: { args: [10000000, 1, 0, 1000, 262144, 3, 'flood'], bytes: 900_000_024, against: 'cat', pairs: 1 },
  small: { args: [100000, 1, 100, 2000], bytes: 102_780_024, against: 'floor', pairs: 5 },
};

/** The path of a capture in `folder`; makes it there when it is missing or has another size. */
export function provideCapture(name, folder) {
  const { args, bytes } = CAPTURES[name];
  const path = join(folder, `${name}.pcap`);
  if (!existsSync(path) || statSync(path).size !== bytes) {
    console.error(`making ${name}.pcap, ${Math.round(bytes / 1e6)} MB`);
    mkdirSync(folder, { recursive: true });
    execFileSync(process.execPath, [fileURLToPath(new URL('gen.mjs', import.meta.url)), path, ...args.map(String)]);
    const size = statSync(path).size;
    if (size !== bytes)
      throw new Error(`${path} has ${size} octets, ${bytes} were expected: gen.mjs and captures.mjs differ`);
  }
  return path;
}

/** Reads the file once, so that the first measured program finds it in memory as all others do. */
export function warm(path) {
  const buffer = Buffer.alloc(1 << 22);
  const fd = openSync(path, 'r');
  while (readSync(fd, buffer) > 0);
  closeSync(fd);
}
