/** Limits that the long way and the short way share: constants only, for TypeScript and AssemblyScript both. */

/** Numbers farther from what was expected than this are of no connection that we know: counted, not believed. */
export const STRAY = 1 << 30;
/** After a silence of this length a connection counts as over when another SYN comes, ns (close-rules 10.2). */
export const FORGOTTEN_NS = 240e9;
/**
 * So many attempts in a row are looked past for the connection before them on their four-tuple. More are no host's that
 * tries on, but an attack; and looking past all of them for each would take ever longer.
 */
export const MOST_ATTEMPTS = 256;
/** A step back in time by more than this is a clock step, not reordering, ns (close-rules 9.5). */
export const CLOCK_STEP_NS = 1e9;
/** Within this time a second record with the same IPv4 id is a copy made by the capture, ns (close-rules 9.3). */
export const SAME_IP_ID_NS = 5e6;
/** The same where the IP id says nothing (zero, or IPv6) but the TSval is equal; and where there is neither. */
export const SAME_TSVAL_NS = 1e6;
export const BARE_NS = 2e5;
/** A larger window shift is taken for this one (RFC 7323 §2.3). */
export const MOST_WINDOW_SHIFT = 14;
/** A tap this near to one end, as a share of the round trip, is at that end (close-rules 9.1). */
export const AT_SERVER = 0.1;
export const AT_CLIENT = 0.9;
/** In a shorter round trip the hosts' own work counts for more than the way, ns. */
export const LEAST_RTT_NS = 1e6;

/** No stack that we know waits longer with the ACK of a FIN, ns; RFC 9293 §3.8.6.3 allows half a second. */
export const LONGEST_DELAYED_ACK_NS = 200e6;
