import { Stop } from './stop-reason.js';
import type { Walk } from './walk.js';

const TCP = 6;
/** Where the quoted IP header begins in an error message (RFC 792, RFC 4443 §3). */
const QUOTE = 8;
const IPV4_PROTOCOL = 9;
const IPV6_NEXT_HEADER = 6;

/** Tells errors that quote a TCP segment from all other ICMP; a quoted header is no traffic. */
export function icmpStop(walk: Walk): Stop {
  if (walk.left < QUOTE + IPV4_PROTOCOL + 1) return Stop.Icmp;
  const type = walk.view.getUint8(walk.at);
  const isError = type === 3 || type === 4 || type === 5 || type === 11 || type === 12;
  return isError && walk.view.getUint8(walk.at + QUOTE + IPV4_PROTOCOL) === TCP ? Stop.QuotedInIcmp : Stop.Icmp;
}

/** The same for ICMPv6, whose errors are the types below 128. */
export function icmpv6Stop(walk: Walk): Stop {
  if (walk.left < QUOTE + IPV6_NEXT_HEADER + 1) return Stop.Icmp;
  const isError = walk.view.getUint8(walk.at) < 128;
  return isError && walk.view.getUint8(walk.at + QUOTE + IPV6_NEXT_HEADER) === TCP ? Stop.QuotedInIcmp : Stop.Icmp;
}
