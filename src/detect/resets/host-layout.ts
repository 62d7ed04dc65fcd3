/** Where lies what is known of a server's packets: constants only, for TypeScript and AssemblyScript both. */

/** Word offsets in the place of an address; f64 fields take two words. All of a place is in one cache line. */
export const enum Host {
  /** f64: number of the address, made one of its own for each IP version: `keyOf`. 0: an empty place. */
  KEY = 0,
  /** f64; and the others, as in `HostHeader`. */
  QUICKEST = 2,
  ACCEPTED = 4,
  TTL_LOW = 5,
  TTL_HIGH = 6,
  /** Handshakes that passed the tap at this host, less twice those that did not (close-rules 9.1). */
  AT_TAP = 7,
  WORDS = 8,

  /** Addresses remembered at once; one that hashes to a taken place takes it. */
  PLACES = 16384,
}
