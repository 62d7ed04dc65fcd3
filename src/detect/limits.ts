/** Limits that the long way and the short way share: constants only, for TypeScript and AssemblyScript both. */

/** A passive end that sits on the other's FIN for longer than this is worth a look, ns (close-rules 8.3). */
export const CLOSE_WAIT_NS = 60e9;
