/**
 * Conversations: TCP traffic as text, close to what tcpdump prints and packetdrill reads, turned into real captures.
 *
 *     # The client closes first; two seconds later it reuses the port with a higher ISN.
 *     A = 192.0.2.1:40000     B = 198.51.100.7:443
 *     0.000  A > B  S   1000:1000(0)            win 65535  <mss 1460, TS val 100 ecr 0>
 *     0.010  B > A  S.  5000:5000(0) ack 1001   win 65535  <mss 1460, TS val 900 ecr 100>
 *     0.011  A > B  .   1001:1001(0) ack 5001
 *
 * LINES
 *   `# ...`                     a comment, also at the end of a line
 *   `NAME = ADDRESS:PORT`       an endpoint, several on a line; `[2001:db8::1]:443` for IPv6. Given again, the name
 *                               means the new endpoint from there on.
 *   `relative`, `absolute`      from here on numbers count from the ISN that the lines before have shown (a SYN's own
 *                               number stays absolute; `=N` is absolute in any case), or are what goes on the wire
 *   `TIME A > B FLAGS SEQ ...`  a segment
 *   `TIME copy ...`             the frame before once more, octet for octet (IP ID too), save for what is said after it
 *   `TIME raw HEX`              any other frame
 *
 * A SEGMENT
 *   TIME     seconds since the start, up to nine decimals; `+0.01`: after the line before. Frames stand in the capture
 *            in the order of the lines, whatever their times.
 *   FLAGS    as tcpdump: some of S F R P . U E W (`.` is ACK), or `none`
 *   SEQ      `first:last(length)` as tcpdump: last = first + length, SYN and FIN not counted. `1000(5)`, `1000` will do.
 *            Numbers may be sums: `1001+65537`. All of them wrap at 2^32.
 *   and in any order:
 *   `ack N`            needed with the flag `.`, forbidden without; `rawack N` fills the field without the flag
 *   `win N`            the field, not scaled; 65535 unless told, 0 for R without ACK, as stacks answer
 *   `<option, ...>`    mss N | wscale N | sackOK | sack L:R [L:R ...] | TS val N ecr N | nop | eol | fastopen [HEX] |
 *                      kind N [HEX]. Without any nop or eol, nops are put where Linux puts them; with one, the octets are
 *                      as written, with zeros up to a multiple of four.
 *   `ttl N`            64 unless told
 *   `id N`             IPv4 identification. Unless told as Linux does it: 0 for S. and for R without ACK, else counted for
 *                      each address and port from a number of its own
 *   `nodf`             the don't-fragment bit is not set
 *   `urg N`            urgent pointer
 *   `data "TEXT"`      payload; zeros unless told
 *   `@vlan N`          802.1Q tag; twice for QinQ, outer first (Ethernet only)
 *   `cut N`            no more than N octets of the frame were captured
 *   `if N`             pcapng interface
 *   `iplen N`, `doff N`, `sum N`   a wrong IP length, data offset (in words) or TCP checksum
 *   `key=value` is the same as `key value`.
 */
import { captureFile } from './capture-octets.js';
import type { CaptureOptions } from './capture-octets.js';
import type { Frame } from './frame.js';
import { parseConversation } from './notation.js';

export type { CaptureFormat, CaptureOptions } from './capture-octets.js';
export { captureFile } from './capture-octets.js';
export type { Frame, SegmentFrame } from './frame.js';
export { NotationError, parseConversation } from './notation.js';
export type { LinkTypeName } from './packet-octets.js';
export { frameOctets } from './packet-octets.js';
export { print } from './print.js';
export { established, midway, Talk } from './talk.js';
export type { Side, TalkOptions } from './talk.js';

/** The octets of a capture file in which the conversation was recorded. */
export function capture(conversation: string | readonly Frame[], options: CaptureOptions = {}): Uint8Array {
  return captureFile(typeof conversation === 'string' ? parseConversation(conversation) : conversation, options);
}

/** The same conversation with the two ends of every segment exchanged: each end says what the other had said. */
export function swapAddresses(conversation: string): string {
  return conversation.replace(/^(\s*\+?[\d.]+\s+)(\w+)(\s*>\s*)(\w+)/gm, '$1$4$3$2');
}

/** Several conversations in one capture, in order of time; frames of one time keep the order of the arguments. */
export function interleave(...conversations: readonly string[]): Frame[] {
  return conversations.flatMap(parseConversation).sort((a, b) => a.timeNs - b.timeNs);
}
