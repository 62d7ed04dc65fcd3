/** How a reader checks a finding: in Wireshark, in SQL, in the terminal. */
import { shellWord } from '../plain.js';
import { evidenceSql, type Finding } from '../../store/page/finding-lists.js';
import { copyable } from './copyable.js';
import { markup, type Markup } from './markup.js';
import { baseName } from './words.js';

export interface CheckOptions {
  /** Path of the database, as the user gave it. */
  readonly database: string;
  /** Frames and filters need the name of their file. */
  readonly severalCaptures: boolean;
}

export function checks(finding: Finding, { database, severalCaptures }: CheckOptions): Markup {
  const path = finding.filterPath ?? finding.path;
  const file = severalCaptures && path !== null ? ` for ${baseName(path)}` : '';
  return markup`${copyable(`Wireshark filter${file}`, wiresharkFilter(finding))}${copyable('SQL', evidenceSql(finding))}${copyable('Command', command(finding, database))}`;
}

/** What selects its packets: the connection, the address, or at least the frame. */
export function wiresharkFilter({ connectionFilter, sourceIp, frame }: Finding): string {
  if (connectionFilter !== null) return connectionFilter;
  if (sourceIp !== null)
    return `${sourceIp.includes(':') ? 'ipv6' : 'ip'}.src==${sourceIp} && tcp.flags.syn==1 && tcp.flags.ack==0`;
  return frame === null ? 'tcp.flags.syn==1 || tcp.flags.fin==1 || tcp.flags.reset==1' : `frame.number==${frame}`;
}

function command({ connectionId, sourceIp }: Finding, database: string): string {
  const file = shellWord(database);
  if (connectionId !== null) return `tcpclose show ${file} ${connectionId}`;
  return sourceIp === null
    ? `tcpclose query ${file} --named findings`
    : `tcpclose query ${file} --named nat-explained --param source=${shellWord(sourceIp)}`;
}
