import { createReadStream, fstatSync, type Stats } from 'node:fs';
import { open } from 'node:fs/promises';
import { Socket } from 'node:net';
import type { Readable } from 'node:stream';
import { isatty } from 'node:tty';
import { CaptureError } from '../errors.js';
import { ByteSource, DEFAULT_CHUNK_LEN, type WindowSizes } from './byte-source.js';
import { COMPRESSION_MAGIC_LEN, detectCompression, type Compression } from './compression-magic.js';
import { decompress } from './compression.js';
import { FileReader } from './file-reader.js';
import { HeadedReader, PipeReader, StreamReader, type OctetReader } from './octet-reader.js';
import { pipeOpened, STDIN_FD, STDIN_PATH } from './standard-input.js';

/** Length of a decompressor's output buffers, octets. Larger ones only wait longer to be full. */
const DECODED_LEN = 1 << 20;

/** An opened file or standard input, compression undone. */
export interface Input {
  readonly source: ByteSource;
  readonly compression: Compression | null;
  /** Size as it lies on disk, octets; null for pipes. */
  readonly sizeBytes: number | null;
}

/**
 * Opens a path, or standard input for '-'. Throws a CaptureError with code 'unreadable' where that fails.
 * Standard input can be opened once in a process.
 */
export async function openInput(path: string, sizes: WindowSizes = {}): Promise<Input> {
  const raw = path === STDIN_PATH ? openStdin() : await openPath(path);
  const head = await readHead(raw.reader, COMPRESSION_MAGIC_LEN);
  const compression = detectCompression(head);
  const headed = new HeadedReader(head, raw.reader);
  const chunkLen = sizes.chunkLen ?? DEFAULT_CHUNK_LEN;
  if (compression === null) {
    // A small file needs no large buffers; one octet more than the file shows its end without another read.
    const fitting = raw.sizeBytes === null ? chunkLen : Math.min(chunkLen, raw.sizeBytes + 1);
    return { source: new ByteSource(headed, { ...sizes, chunkLen: fitting }), compression, sizeBytes: raw.sizeBytes };
  }
  const reopen = raw.sizeBytes === null || path === STDIN_PATH ? null : () => FileReader.open(path);
  const decoded = await decompress(compression, headed, sizes.chunkLen ?? DECODED_LEN, reopen);
  return { source: new ByteSource(decoded, sizes), compression, sizeBytes: raw.sizeBytes };
}

interface RawInput {
  readonly reader: OctetReader;
  readonly sizeBytes: number | null;
}

async function openPath(path: string): Promise<RawInput> {
  try {
    const handle = await open(path, 'r');
    const stats = await handle.stat();
    if (stats.isDirectory()) {
      await handle.close();
      throw new CaptureError(
        'unreadable',
        `${path}: this is a directory. Name a capture in it, or read them all with tcpclose analyze ${path}.`,
      );
    }
    if (!stats.isFile()) return { reader: new PipeReader(handle), sizeBytes: null };
    return { reader: new FileReader(handle), sizeBytes: stats.size };
  } catch (error) {
    if (error instanceof CaptureError) throw error;
    throw new CaptureError('unreadable', path === '' ? EMPTY_NAME : `${path}: ${whyUnreadable(path, error)}`, {
      cause: error,
    });
  }
}

const EMPTY_NAME =
  'the name of a capture is empty (a shell variable that is not set?). Name a file, a directory, or -.';

/** What to do about a file whose name cannot be said: Node takes names for UTF-8, and what is none of it is lost. */
export const NOT_UTF8 = 'Its name seems not to be UTF-8: rename it, or pipe it in, as in tcpclose analyze - < FILE.';

/** Whether octets of a name may have been lost: they became U+FFFD. */
export function isGarbled(path: string): boolean {
  return path.includes('\ufffd');
}

function openStdin(): RawInput {
  if (isatty(STDIN_FD)) {
    throw new CaptureError(
      'unreadable',
      'standard input is a terminal. Pipe a capture in: tcpdump -w - | tcpclose analyze -.',
    );
  }
  const stats = stdinStats();
  return { reader: new StreamReader(stdinStream(stats)), sizeBytes: stats?.isFile() === true ? stats.size : null };
}

/** Standard input in whichever thread: `process.stdin` is the real one in the main thread only. */
function stdinStream(stats: Stats | null): Readable {
  if (stats?.isFIFO() === true || stats?.isSocket() === true) {
    const pipe = new Socket({ fd: STDIN_FD, writable: false });
    pipeOpened(pipe);
    return pipe;
  }
  return createReadStream('', { fd: STDIN_FD, autoClose: false, highWaterMark: DEFAULT_CHUNK_LEN });
}

function stdinStats(): Stats | null {
  try {
    return fstatSync(STDIN_FD);
  } catch {
    return null;
  }
}

async function readHead(reader: OctetReader, len: number): Promise<Uint8Array> {
  const head = new Uint8Array(len);
  let have = 0;
  while (have < len) {
    const arrived = await reader.read(head, have);
    if (arrived === 0) break;
    have += arrived;
  }
  return head.subarray(0, have);
}

function whyUnreadable(path: string, error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === 'ENOENT' && isGarbled(path)) return `it cannot be found by this name. ${NOT_UTF8}`;
  if (code === 'ENOENT') return 'there is no such file. Check the name.';
  if (code === 'EACCES' || code === 'EPERM')
    return 'no permission to read it. Captures written by root often belong to root; change the owner or run as root.';
  return `it cannot be opened: ${message}.`;
}
