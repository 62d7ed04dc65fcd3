import { TcpFlag } from '../segment/segment-batch.js';

/** `likely_server_ports` of Zeek 7 with its default scripts, those of TCP. */
const LIKELY_SERVER_PORTS: ReadonlySet<number> = new Set([
  21, 22, 25, 53, 79, 80, 81, 88, 110, 135, 139, 143, 389, 443, 445, 502, 563, 585, 587, 614, 631, 636, 989, 990, 992,
  993, 995, 1080, 1434, 1883, 2811, 3128, 3268, 3306, 3389, 5222, 5223, 5269, 5432, 6379, 6666, 6667, 6668, 6669, 8000,
  8080, 8888, 20000,
]);

/** `Conn::port_inactivity_timeouts`: where Zeek waits an hour, not five minutes, before it gives up a silent connection. */
export const ZEEK_PATIENT_PORTS: ReadonlySet<number> = new Set([21, 22, 23, 513]);

/**
 * Whether Zeek takes the sender of the first packet for the responder (`TCPAnalyzer::WantConnection`). `flags`: SYN and
 * ACK of that packet.
 */
export function zeekWouldFlip(flags: number, srcPort: number, dstPort: number): boolean {
  if ((flags & (TcpFlag.SYN | TcpFlag.ACK)) === TcpFlag.SYN || !LIKELY_SERVER_PORTS.has(srcPort)) return false;
  return !LIKELY_SERVER_PORTS.has(dstPort) || ((flags & TcpFlag.SYN) === 0 && srcPort < dstPort);
}
