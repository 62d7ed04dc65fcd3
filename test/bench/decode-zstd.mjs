// node decode-zstd.mjs FILE: undoes zstd and throws the octets away, with what the program itself would use: Node's own
// from 22.15 on, else fzstd. Nothing that reads zstd through that library can be faster.
import { createReadStream } from 'node:fs';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import * as zlib from 'node:zlib';
import { Decompress } from 'fzstd';

/** Compressed octets given to fzstd at once, as src/capture/fzstd-reader.ts does. */
const STEP_LEN = 4 << 10;

const input = createReadStream(process.argv[2], { highWaterMark: 1 << 20 });
if (zlib.createZstdDecompress === undefined) {
  const decoder = new Decompress(() => undefined);
  for await (const chunk of input)
    for (let at = 0; at < chunk.length; at += STEP_LEN) decoder.push(chunk.subarray(at, at + STEP_LEN));
} else {
  const nowhere = new Writable({ write: (_chunk, _encoding, done) => done() });
  await pipeline(input, zlib.createZstdDecompress({ chunkSize: 1 << 20 }), nowhere);
}
