import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';

/** What tshark says of each capture, by the capture's SHA-256. */
export function readOracle(file) {
  const lines = gunzipSync(readFileSync(file)).toString('utf8').trim().split('\n');
  const captures = lines.map((line) => JSON.parse(line));
  return new Map(captures.map((capture) => [capture.sha256, capture]));
}

/** The captures below a folder: their paths in it, sorted. The index is none. */
export function listCaptures(folder) {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile() && entry.name !== 'INDEX.tsv')
    .map((entry) => join(entry.parentPath ?? entry.path, entry.name).slice(folder.length + 1))
    .sort();
}

export function sha256(file) {
  return createHash('sha256').update(readFileSync(file)).digest('hex');
}
