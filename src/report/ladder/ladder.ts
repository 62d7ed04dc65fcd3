/**
 * What a ladder diagram is made of, whatever draws it: the terminal (`ladder-text.ts`), a page, a program that reads JSON.
 * Plain data that `JSON.stringify` takes.
 */

export type LadderSide = 'client' | 'server';

/** RFC 9293 states of both ends after an event; null: not known, or not told by what the ladder was made from. */
export interface LadderStates {
  readonly client: string | null;
  readonly server: string | null;
}

/** One segment: an arrow between the two ends. */
export interface LadderSegment {
  readonly kind: 'segment';
  readonly from: LadderSide;
  readonly captureId: number;
  readonly frame: number;
  /** Seconds since the connection's first packet, and the same as ISO 8601 UTC; null where not known. */
  readonly atS: number | null;
  readonly seen: string | null;
  /** Its flags in words, `SYN ACK`; of a FIN or a reset only what makes it one, for the database keeps no more. */
  readonly flags: string;
  /** Sequence number as on the wire; null where not known. */
  readonly seq: number | null;
  /** The same, counted from its sender's ISN; null where one of them is not known. */
  readonly relativeSeq: number | null;
  /** Payload octets; null where not known. */
  readonly len: number | null;
  readonly states: LadderStates;
  /** What is to be said of it, each a few words. */
  readonly notes: readonly string[];
  /** The connection that it belongs to, where that is not the one shown. */
  readonly ofConnection: number | null;
}

/** Segments that are not drawn one by one: the database counts them, and holds neither frames nor times. */
export interface LadderFold {
  readonly kind: 'fold';
  readonly segments: number;
  readonly clientSegments: number;
  readonly serverSegments: number;
  /** Payload octets of the whole connection, for most of them are in these segments; those of the arrows count too. */
  readonly clientBytes: number;
  readonly serverBytes: number;
}

/** Something that is no arrow: TIME_WAIT begins, or a packet of which only the place is known. */
export interface LadderMark {
  readonly kind: 'mark';
  /** The packet's place; null where it is a moment. */
  readonly captureId: number | null;
  readonly frame: number | null;
  readonly atS: number | null;
  readonly seen: string | null;
  readonly text: string;
  readonly states: LadderStates;
  readonly notes: readonly string[];
}

export type LadderEvent = LadderSegment | LadderFold | LadderMark;

export const NO_STATES: LadderStates = { client: null, server: null };

/** Nanoseconds since 1970 as ISO 8601 UTC with nine decimals; right before 1970, too. */
export function isoUtc(ns: bigint): string {
  const fraction = ((ns % 1_000_000_000n) + 1_000_000_000n) % 1_000_000_000n;
  const seconds = new Date(Number((ns - fraction) / 1_000_000n)).toISOString().slice(0, 19);
  return `${seconds}.${fraction.toString().padStart(9, '0')}Z`;
}

/** `ns` in seconds after `firstNs`. */
export function secondsAfter(firstNs: bigint, ns: bigint): number {
  return Number(ns - firstNs) / 1e9;
}
