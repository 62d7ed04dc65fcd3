import path from 'node:path';

const COMPRESSION = /\.(gz|gzip|zst|zstd)$/i;
/** What says capture, also of rings: `web.pcap12` (tcpdump -C), `web.pcap.1` (logrotate). */
const CAPTURE = /\.(pcapng|pcap|pcng|cap|dmp|dump|ntar|trace)\d*(\.\d+)?$/i;

/** The database's name where the user gives none: the first capture's, `.db` instead of what says capture or compression. */
export function defaultOutput(firstInput: string): string {
  if (firstInput === '-') return 'tcpclose.db';
  const base = path.basename(path.resolve(firstInput)).replace(COMPRESSION, '').replace(CAPTURE, '');
  return base === '' ? 'tcpclose.db' : `${base}.db`;
}
