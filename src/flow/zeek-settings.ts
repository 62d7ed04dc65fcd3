/** Zeek's default settings, as far as they decide what is one connection and who is its originator. */
import { TcpFlag } from '../segment/segment-batch.js';
import { ZeekState, type ZeekNode } from './zeek-automaton.js';
import { ZeekKind } from './zeek-codes.js';

/** `likely_server_ports` of Zeek 7 with its default scripts, those of TCP. */
const LIKELY_SERVER_PORTS: ReadonlySet<number> = new Set([
  21, 22, 25, 53, 79, 80, 81, 88, 110, 135, 139, 143, 389, 443, 445, 502, 563, 585, 587, 614, 631, 636, 989, 990, 992,
  993, 995, 1080, 1434, 1883, 2811, 3128, 3268, 3306, 3389, 5222, 5223, 5269, 5432, 6379, 6666, 6667, 6668, 6669, 8000,
  8080, 8888, 20000,
]);

/** How long Zeek keeps a connection, by `ZeekKind`, ns: `tcp_attempt_delay`, `tcp_partial_close_delay`, ... */
export const KEPT_NS = [Infinity, 5e9, 3e9, 6e9, 5e9] as const;
export const CLOSE_NS = KEPT_NS[ZeekKind.COMPLETE];

/** How long it keeps one that is silent (`tcp_inactivity_timeout`), ns; and where people type (`port_inactivity_timeouts`). */
export const SILENCE_NS = 300e9;
const PATIENT_SILENCE_NS = 3600e9;
const PATIENT_PORTS: ReadonlySet<number> = new Set([21, 22, 23, 513]);

/** The silence after which Zeek removes a connection, ns. */
export function zeekPatience(node: ZeekNode, respPort: number): number {
  const established = node.orig.state === ZeekState.ESTABLISHED && node.resp.state === ZeekState.ESTABLISHED;
  return established && PATIENT_PORTS.has(respPort) ? PATIENT_SILENCE_NS : SILENCE_NS;
}

/**
 * Whether Zeek takes the sender of the first packet for the responder (`TCPAnalyzer::WantConnection`). `flags`: SYN and
 * ACK of that packet.
 */
export function zeekWouldFlip(flags: number, srcPort: number, dstPort: number): boolean {
  if ((flags & (TcpFlag.SYN | TcpFlag.ACK)) === TcpFlag.SYN || !LIKELY_SERVER_PORTS.has(srcPort)) return false;
  return !LIKELY_SERVER_PORTS.has(dstPort) || ((flags & TcpFlag.SYN) === 0 && srcPort < dstPort);
}
