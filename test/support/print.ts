import { FLAG_LETTERS } from './frame.js';
import type { Endpoint, Frame, SegmentFrame, TcpOption } from './frame.js';

/**
 * Frames as text in the notation of `conversation.ts`, absolute numbers. Reading the text again gives the same octets.
 * Endpoints are declared where they first appear under their name, or change.
 */
export function print(frames: readonly Frame[]): string {
  const lines: string[] = [];
  const declared = new Map<string, string>();
  for (const frame of frames) {
    if (!('raw' in frame)) {
      const fresh = [frame.from, frame.to].filter(({ name, ...rest }) => declared.get(name) !== place(rest));
      for (const end of fresh) declared.set(end.name, place(end));
      if (fresh.length > 0) lines.push(fresh.map((end) => `${end.name} = ${place(end)}`).join('     '));
    }
    lines.push(printFrame(frame));
  }
  return lines.join('\n') + '\n';
}

function place({ ip, port }: Pick<Endpoint, 'ip' | 'port'>): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function printFrame(frame: Frame): string {
  const common = [
    ...(frame.cut === null ? [] : [`cut ${frame.cut}`]),
    ...(frame.interfaceId === 0 ? [] : [`if ${frame.interfaceId}`]),
  ];
  if ('raw' in frame) return [`${seconds(frame.timeNs)}  raw ${hex(frame.raw)}`, ...common].join(' ');
  return [segmentText(frame), ...common].join(' ');
}

function segmentText(frame: SegmentFrame): string {
  const { flags, seq, payload, from } = frame;
  const letters = FLAG_LETTERS.filter(([, bit]) => (flags & bit) !== 0).map(([letter]) => letter);
  const text = payload.some((octet) => octet !== 0) ? Buffer.from(payload).toString('latin1') : null;
  const words = [
    `${seconds(frame.timeNs)}  ${from.name} > ${frame.to.name}  ${letters.join('') || 'none'}`.padEnd(20),
    `${seq}:${(seq + payload.length) >>> 0}(${payload.length})`,
    (flags & 0x10) !== 0 ? `ack ${frame.ack}` : frame.ack === 0 ? null : `rawack ${frame.ack}`,
    `win ${frame.window}`,
    frame.options.length === 0 ? null : `<${printOptions(frame.options)}>`,
    frame.urgent === 0 ? null : `urg ${frame.urgent}`,
    `ttl ${frame.ttl}`,
    from.octets.length === 4 ? `id ${frame.id}` : null,
    frame.dontFragment ? null : 'nodf',
    ...frame.vlans.map((id) => `@vlan ${id}`),
    frame.ipLength === null ? null : `iplen ${frame.ipLength}`,
    frame.dataOffset === null ? null : `doff ${frame.dataOffset}`,
    frame.checksum === null ? null : `sum ${frame.checksum}`,
    text === null ? null : `data "${text}"`,
  ];
  return words.filter((word) => word !== null).join(' ');
}

/** Options literally: where they were aligned by the reader, the `nop`s are shown; where none is, none is added again. */
function printOptions(options: readonly TcpOption[]): string {
  return options.map(optionText).join(', ');
}

function optionText({ kind, data }: TcpOption): string {
  const view = new DataView(data.buffer, data.byteOffset, data.length);
  if (kind === 0) return 'eol';
  if (kind === 1) return 'nop';
  if (kind === 2 && data.length === 2) return `mss ${view.getUint16(0)}`;
  if (kind === 3 && data.length === 1) return `wscale ${view.getUint8(0)}`;
  if (kind === 4 && data.length === 0) return 'sackOK';
  if (kind === 5 && data.length > 0 && data.length % 8 === 0) {
    const blocks = Array.from(
      { length: data.length / 8 },
      (_, i) => `${view.getUint32(i * 8)}:${view.getUint32(i * 8 + 4)}`,
    );
    return `sack ${blocks.join(' ')}`;
  }
  if (kind === 8 && data.length === 8) return `TS val ${view.getUint32(0)} ecr ${view.getUint32(4)}`;
  if (kind === 34) return `fastopen ${hex(data)}`.trim();
  return `kind ${kind} ${hex(data)}`.trim();
}

function seconds(timeNs: number): string {
  const fraction = String(timeNs % 1e9)
    .padStart(9, '0')
    .replace(/0+$/, '');
  return `${Math.floor(timeNs / 1e9)}.${fraction.padEnd(3, '0')}`;
}

function hex(octets: Uint8Array): string {
  return Buffer.from(octets).toString('hex');
}
