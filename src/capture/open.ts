import { CaptureError } from '../errors.js';
import type { ByteSource, WindowSizes } from './byte-source.js';
import type { Compression } from './compression-magic.js';
import { EpochHolder } from './epoch.js';
import { describeForeign } from './foreign-format.js';
import { openInput } from './input.js';
import { PcapCursor } from './pcap.js';
import type * as pcapParser from './pcap-parser.js';
import { isPcap, PCAP_FILE_HEADER_LEN, readPcapHeader } from './pcap-header.js';
import { PcapngCursor } from './pcapng.js';
import { isPcapng, readSectionHeader, SECTION_HEADER_LEN } from './pcapng-section.js';
import type { Epoch, RecordCursor } from './record.js';
import { STDIN_PATH } from './standard-input.js';

/** Which reader moves the cursor: ours, or the package pcap-parser (classic microsecond pcap only). */
export type ReaderName = 'own' | 'pcap-parser';
/** What is imported for the latter; null for ours. */
type OtherReader = typeof pcapParser | null;

export interface OpenOptions extends WindowSizes {
  readonly reader?: ReaderName;
}

/** A capture that has been opened and whose first record is in memory, not yet handed out. */
export interface OpenCapture {
  readonly cursor: RecordCursor;
  /** As given; '-' is standard input. */
  readonly path: string;
  readonly compression: Compression | null;
  /** Size as the file lies on disk, octets; null where it has none (pipes). */
  readonly sizeBytes: number | null;
  /** Time of the first record; null where there is no record, or it has no time. */
  readonly firstTime: Epoch | null;
  /** Octets read so far of the file as it lies on disk, for a progress bar. */
  readonly bytesRead: () => number;
}

/** Octets shown of a file that is no capture. */
const SHOWN_LEN = 8;
/** Octets looked at to name the format of a file that is no capture. */
const FOREIGN_LEN = 512;

/**
 * Opens a capture: undoes compression, tells the format by its magic, and reads up to the first record (which sets
 * `epoch` if it is unset; on standard input this waits for one).
 *
 * Throws a CaptureError where nothing can be read: 'unreadable', 'empty-file', 'not-a-capture', 'cut-file-header',
 * 'unsupported-version', 'not-for-pcap-parser', and damaged compression before the first octet ('cut-gzip', ...).
 * What is damaged behind the file header is never thrown; it stands in `cursor.damage`.
 */
export async function openCapture(
  path: string,
  epoch: EpochHolder = new EpochHolder(),
  options: OpenOptions = {},
): Promise<OpenCapture> {
  const { source, compression, sizeBytes } = await openInput(path, options);
  try {
    await source.advance(source.start, PCAP_FILE_HEADER_LEN);
    // Few ask for the package, which takes longer to load than all that is ours here.
    const other = options.reader === 'pcap-parser' ? await import('./pcap-parser.js') : null;
    const cursor = openCursor(nameOf(path), source, epoch, other, compression);
    const firstTime = (await cursor.peek()) ? epoch.toAbsolute(cursor.timeNs) : null;
    return { cursor, path, compression, sizeBytes, firstTime, bytesRead: () => source.consumed };
  } catch (error) {
    await source.close();
    throw error;
  }
}

/** How messages call an input. */
export function nameOf(path: string): string {
  return path === STDIN_PATH ? 'standard input' : path;
}

function openCursor(
  name: string,
  source: ByteSource,
  epoch: EpochHolder,
  other: OtherReader,
  compression: Compression | null,
): RecordCursor {
  const { view, start, end } = source;
  const len = end - start;
  if (len === 0) throw nothingInIt(name, source, compression);
  if (len >= 4 && isPcapng(view, start)) return openPcapng(name, source, epoch, other);
  if (len >= 4 && isPcap(view, start)) return openPcap(name, source, epoch, other);
  throw notACapture(name, source, compression);
}

function openPcap(name: string, source: ByteSource, epoch: EpochHolder, other: OtherReader): RecordCursor {
  const { view, start, end } = source;
  if (end - start < PCAP_FILE_HEADER_LEN) throw cutFileHeader(name, 'pcap', PCAP_FILE_HEADER_LEN, end - start);
  const header = readPcapHeader(view, start)!;
  if (header.versionMajor < 2) {
    const version = `${header.versionMajor}.${header.versionMinor}`;
    throw new CaptureError(
      'unsupported-version',
      `${name}: pcap version ${version} is too old; 2.0 and later are read. Convert it with a current tcpdump -r IN -w OUT.`,
    );
  }
  if (other !== null) {
    const unreadable = other.whyNotPcapParser(header);
    if (unreadable !== null) throw other.notForPcapParser(name, unreadable);
    return new other.PcapParserCursor(source, epoch, header);
  }
  source.start += PCAP_FILE_HEADER_LEN;
  source.startOffset += PCAP_FILE_HEADER_LEN;
  return new PcapCursor(source, epoch, header);
}

function openPcapng(name: string, source: ByteSource, epoch: EpochHolder, other: OtherReader): RecordCursor {
  if (other !== null) throw other.notForPcapParser(name, 'pcapng');
  const { view, start, end } = source;
  if (end - start < SECTION_HEADER_LEN) throw cutFileHeader(name, 'pcapng', SECTION_HEADER_LEN, end - start);
  const section = readSectionHeader(view, start);
  if (section === null) {
    throw new CaptureError(
      'not-a-capture',
      `${name}: begins like pcapng, but octets 8 to 11 (${hexOf(source, 8, 4)}) are no byte order magic. The file is damaged or something else.`,
    );
  }
  if (section.versionMajor !== 1) {
    const version = `${section.versionMajor}.${section.versionMinor}`;
    throw new CaptureError(
      'unsupported-version',
      `${name}: pcapng version ${version} is not known; 1.0 to 1.2 are read. Convert it: editcap -F pcapng IN OUT.`,
    );
  }
  return new PcapngCursor(source, epoch);
}

function nothingInIt(name: string, source: ByteSource, compression: Compression | null): CaptureError {
  const { damage } = source;
  if (damage !== null) {
    return new CaptureError(
      damage.code === 'read-error' ? 'unreadable' : damage.code,
      `${name}: ${damage.message} No part of a capture could be had from it; get a fresh copy.`,
    );
  }
  const what = compression === null ? 'the file is empty' : `the file holds nothing once ${compression} is undone`;
  return new CaptureError(
    'empty-file',
    `${name}: ${what}. A capture has at least a file header; was tcpdump still starting, or the disk full?`,
  );
}

function cutFileHeader(name: string, format: string, expected: number, found: number): CaptureError {
  return new CaptureError(
    'cut-file-header',
    `${name}: ends inside the ${format} file header: ${expected} octets expected, ${found} found. There is nothing in it to analyse; get a fresh copy.`,
  );
}

function notACapture(name: string, source: ByteSource, compression: Compression | null): CaptureError {
  const head = source.bytes.subarray(source.start, Math.min(source.end, source.start + FOREIGN_LEN));
  const { name: format, wayOut } = describeForeign(head);
  const inside = compression === null ? '' : ` inside the ${compression}`;
  const shown = hexOf(source, 0, SHOWN_LEN);
  return new CaptureError(
    'not-a-capture',
    `${name}: not a capture that can be read. It begins with ${shown} at octet 0${inside}: ${format}. ${wayOut}`,
  );
}

/** Up to `len` octets from `from` on of what is in memory, for people. */
function hexOf(source: ByteSource, from: number, len: number): string {
  const at = source.start + from;
  const octets = source.bytes.subarray(at, Math.min(source.end, at + len));
  return Array.from(octets, (octet) => octet.toString(16).padStart(2, '0')).join(' ');
}
