/** What a file that is no capture of ours seems to be, and what its owner can do. */
export interface ForeignFormat {
  readonly name: string;
  readonly wayOut: string;
}

const CONVERT = 'Convert it first: editcap -F pcapng IN OUT.';

interface Signature extends ForeignFormat {
  readonly at: number;
  readonly hex: string;
}

const SIGNATURES: readonly Signature[] = [
  { at: 0, hex: '736e6f6f70000000', name: 'a snoop capture (Solaris)', wayOut: CONVERT },
  { at: 0, hex: '474d4255', name: 'a Microsoft Network Monitor 2 capture', wayOut: CONVERT },
  { at: 0, hex: '52545353', name: 'a Microsoft Network Monitor 1 capture', wayOut: CONVERT },
  { at: 0, hex: '58435000', name: 'a NetXRay or Sniffer capture', wayOut: CONVERT },
  { at: 0, hex: '54525346', name: 'a Sniffer capture', wayOut: CONVERT },
  { at: 0, hex: '7f70', name: 'an EtherPeek capture', wayOut: CONVERT },
  { at: 0, hex: '7f766572', name: 'an OmniPeek capture', wayOut: CONVERT },
  { at: 0, hex: '4f62736572766572', name: 'a Network Instruments Observer capture', wayOut: CONVERT },
  { at: 0, hex: '62747369', name: 'a Bluetooth btsnoop capture', wayOut: 'It holds no TCP.' },
  { at: 0, hex: '00000200', name: 'an ETL trace or an IP trace', wayOut: 'Convert ETL first: etl2pcapng IN OUT.' },
  { at: 0, hex: '1c0001ac', name: 'an Ixia hardware capture', wayOut: CONVERT },
  { at: 0, hex: '1c0001ab', name: 'an Ixia software capture', wayOut: CONVERT },
  { at: 0, hex: 'ac01001c', name: 'an Ixia hardware capture', wayOut: CONVERT },
  { at: 0, hex: 'ab01001c', name: 'an Ixia software capture', wayOut: CONVERT },
  {
    at: 0,
    hex: '1f8b',
    name: 'gzip inside the compression',
    wayOut: 'Undo the outer compression first and pipe it in: tcpclose analyze -.',
  },
  {
    at: 0,
    hex: '28b52ffd',
    name: 'zstd inside the compression',
    wayOut: 'Undo the outer compression first and pipe it in: tcpclose analyze -.',
  },
  { at: 0, hex: '04224d18', name: 'lz4-compressed', wayOut: 'Pipe it in: lz4 -dc FILE | tcpclose analyze -.' },
  {
    at: 0,
    hex: '02214c18',
    name: 'lz4-compressed (legacy frame)',
    wayOut: 'Pipe it in: lz4 -dc FILE | tcpclose analyze -.',
  },
  { at: 0, hex: 'fd377a585a00', name: 'xz-compressed', wayOut: 'Pipe it in: xz -dc FILE | tcpclose analyze -.' },
  { at: 0, hex: '425a68', name: 'bzip2-compressed', wayOut: 'Pipe it in: bzip2 -dc FILE | tcpclose analyze -.' },
  { at: 0, hex: '1f9d', name: 'compress(1) output', wayOut: 'Pipe it in: zcat FILE | tcpclose analyze -.' },
  { at: 0, hex: '504b0304', name: 'a zip archive', wayOut: 'Pipe it in: unzip -p FILE | tcpclose analyze -.' },
  { at: 0, hex: '377abcaf271c', name: 'a 7z archive', wayOut: 'Pipe it in: 7z e -so FILE | tcpclose analyze -.' },
  { at: 257, hex: '7573746172', name: 'a tar archive', wayOut: 'Unpack it first, then name the directory.' },
  {
    at: 0,
    hex: '53514c69746520666f726d6174203300',
    name: 'a SQLite database',
    wayOut: 'Did you mean tcpclose report or tcpclose query?',
  },
  { at: 0, hex: '7f454c46', name: 'an ELF program', wayOut: 'Name the capture, not the program that wrote it.' },
  { at: 0, hex: '3c3f786d6c', name: 'XML (perhaps a PDML export)', wayOut: 'Name the capture that it was made from.' },
];

const EXPECTED = 'Expected pcap or pcapng, plain or in gzip or zstd.';

/** Recognises what is not ours. With nothing to go by, says what would have been expected. */
export function describeForeign(head: Uint8Array): ForeignFormat {
  const hex = Buffer.from(head.buffer, head.byteOffset, head.length).toString('hex');
  for (const { at, hex: signature, name, wayOut } of SIGNATURES) {
    if (hex.startsWith(signature, at * 2)) return { name, wayOut };
  }
  if (looksLikeText(head)) return { name: 'text', wayOut: `${EXPECTED} Captures are written with tcpdump -w FILE.` };
  if (looksLikeErf(head)) return { name: 'perhaps an Endace ERF capture', wayOut: CONVERT };
  return { name: 'unknown', wayOut: EXPECTED };
}

/** ERF has no magic: a record starts with eight octets of time, a type below 64, flags, a length, a loss counter, a wire length. */
function looksLikeErf(head: Uint8Array): boolean {
  if (head.length < 18) return false;
  const view = new DataView(head.buffer, head.byteOffset, head.length);
  const type = head[8]! & 0x7f;
  const recordLen = view.getUint16(10);
  const seconds = view.getUint32(4, true);
  const sane = type >= 1 && type <= 48 && recordLen >= 18 && seconds > 600_000_000;
  return sane && (recordLen >= head.length || (head[recordLen + 8] === head[8] && view.getUint16(14) > 0));
}

/** UTF-8 without control characters. A character cut at the end does not count against it. */
function looksLikeText(head: Uint8Array): boolean {
  if (head.length === 0 || head.some((octet) => octet < 0x20 && octet !== 0x09 && octet !== 0x0a && octet !== 0x0d))
    return false;
  try {
    new TextDecoder('utf-8', { fatal: true }).decode(head, { stream: true });
    return true;
  } catch {
    return false;
  }
}
