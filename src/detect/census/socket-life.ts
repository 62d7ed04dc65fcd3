/**
 * What `netstat` would have shown of a connection's two sockets over time, from its row: close-rules 8.4 and 2.1. A state
 * is what the end must have been in when it sent its latest segment, so each change lies up to a trip too late, never more.
 */
import { CONNECTION_ROW, OUTCOME_BITS, type BitField } from '../../flow/row-layout.js';
import { CLOSES, CLOSE_NOTES, EVICTED_NOTE, HANDSHAKES, SIDES, STATES, type StateName } from '../../flow/vocabulary.js';

/** What is not in the row itself. Times since the run's epoch, ns; NaN: there is none, or it is not known. */
export interface LateFacts {
  /** The reset that ended it, or that hit its TIME_WAIT. */
  readonly resetNs: number;
  /** The ACK that completed the handshake, where there is no round trip to tell it by. */
  readonly handshakeAckNs: number;
  /** The last segment that restarted TIME_WAIT (close-rules 2.5). */
  readonly restartNs: number;
  /** When the client's, the server's TIME_WAIT made place for a new connection, or was seen not to be there. */
  readonly clientFreedNs: number;
  readonly serverFreedNs: number;
}

export const NOTHING_LATE: LateFacts = {
  resetNs: NaN,
  handshakeAckNs: NaN,
  restartNs: NaN,
  clientFreedNs: NaN,
  serverFreedNs: NaN,
};

/** Told of a time that a socket spends in a state: `[from, to)`, ns since the run's epoch; Infinity: it does not end. */
export type OnState = (address: number, state: number, from: number, to: number) => void;

/** Linux gives up an unanswered SYN, and an unconfirmed one, after so long (close-rules 8.4), ns. */
const SYN_SENT_NS = 131e9;
const SYN_RECEIVED_NS = 63e9;
/** And a FIN that nobody acknowledges. */
const FIN_NS = 190e9;

const column = (name: (typeof CONNECTION_ROW.columns)[number]): number => CONNECTION_ROW.columns.indexOf(name);
const CLIENT_ADDRESS = column('client_address');
const SERVER_ADDRESS = column('server_address');
const OUTCOME = column('outcome');
const RESET = column('reset');
const FIRST = column('first_rel');
const LASTED = column('lasted_span');
const RTT = column('rtt_span');
const SYN_ACK = column('syn_ack_span');
const CLIENT_FIN = column('client_fin_rel');
const SERVER_FIN = column('server_fin_rel');
const TIME_WAIT = column('time_wait_rel');
const CLOSE_WAIT = column('close_wait_span');

const state = (name: StateName): number => STATES.indexOf(name);
const SYN_SENT = state('SYN_SENT');
const SYN_RECEIVED = state('SYN_RECEIVED');
const ESTABLISHED = state('ESTABLISHED');
const FIN_WAIT_1 = state('FIN_WAIT_1');
const FIN_WAIT_2 = state('FIN_WAIT_2');
const CLOSE_WAIT_STATE = state('CLOSE_WAIT');
const LAST_ACK = state('LAST_ACK');
const CLOSED = state('CLOSED');
export const TIME_WAIT_STATE = state('TIME_WAIT');

const COMPLETE = HANDSHAKES.indexOf('complete');
const NO_HANDSHAKE = HANDSHAKES.indexOf('none');
const SYN_ONLY = HANDSHAKES.indexOf('syn-only');
const FIN = CLOSES.indexOf('fin');
const OPEN = CLOSES.indexOf('open');
const REPLACED = CLOSES.indexOf('replaced');
const REFUSED = CLOSES.indexOf('refused');
const UNANSWERED = CLOSES.indexOf('unanswered');
const EVICTED = CLOSE_NOTES.indexOf(EVICTED_NOTE);
const CLIENT = SIDES.indexOf('client');
const SERVER = SIDES.indexOf('server');
const BOTH = SIDES.indexOf('both');

/** The codes of a column `outcome`: its low 32 bits, the Zeek code left out. */
const codesOf = (outcome: number): number => outcome | 0;
const code = (packed: number, field: BitField): number => (packed >>> field.shift) & ((1 << field.width) - 1);
const known = (rel: number): number => (rel === -1 ? NaN : rel);
/** The earlier of two, NaN where neither is known. */
const earlier = (a: number, b: number): number => (a < b || Number.isNaN(b) ? a : b);

/** Tells every state of both ends of the connection whose row (as CONNECTION_ROW) begins at `at`. */
export function socketLife(row: Float64Array, at: number, late: LateFacts, timeWaitNs: number, on: OnState): void {
  const outcome = codesOf(row[at + OUTCOME]!);
  const close = code(outcome, OUTCOME_BITS.close);
  const first = row[at + FIRST]!;
  const last = first + row[at + LASTED]!;
  const client = row[at + CLIENT_ADDRESS]!;
  const server = row[at + SERVER_ADDRESS]!;
  const isReset = row[at + RESET]! !== 0 && close !== FIN;
  // What left memory is as good as replaced: should it go on, it is another connection of the database.
  const isLost = close === REPLACED || code(outcome, OUTCOME_BITS.close_note) === EVICTED;
  const isClosed = isBothClosed(outcome) && row[at + TIME_WAIT]! === -1;
  const gone = isReset ? (late.resetNs >= first ? late.resetNs : last) : isLost || isClosed ? last : Infinity;
  const opened = openingLife(row, at, outcome, gone, late, on);
  if (Number.isNaN(opened)) return;

  const clientFin = known(row[at + CLIENT_FIN]!);
  const serverFin = known(row[at + SERVER_FIN]!);
  if (Number.isNaN(clientFin) && Number.isNaN(serverFin)) {
    tell(on, client, ESTABLISHED, opened, gone);
    tell(on, server, ESTABLISHED, opened, gone);
    return;
  }
  const complete = known(row[at + TIME_WAIT]!);
  const closedFirst = code(outcome, OUTCOME_BITS.closed_first);
  if (closedFirst === CLIENT || closedFirst === SERVER) {
    const closer = closedFirst === CLIENT ? client : server;
    const other = closedFirst === CLIENT ? server : client;
    const fin = closedFirst === CLIENT ? clientFin : serverFin;
    const otherFin = closedFirst === CLIENT ? serverFin : clientFin;
    const sat = row[at + CLOSE_WAIT]!;
    closingLife(closer, other, opened, fin, otherFin, sat, complete, gone, on);
  } else {
    // The FINs crossed, or nobody can say which came first: both wait for their acknowledgement.
    const over = earlier(complete, Math.max(last, earlier(clientFin, serverFin) + FIN_NS));
    for (const [address, fin] of [
      [client, clientFin],
      [server, serverFin],
    ] as const) {
      tell(on, address, ESTABLISHED, opened, Math.min(fin, gone));
      tell(on, address, FIN_WAIT_1, fin, Math.min(over, gone));
    }
  }
  timeWaitLife(row, at, late, timeWaitNs, on);
}

function isBothClosed(outcome: number): boolean {
  return code(outcome, OUTCOME_BITS.client_state) === CLOSED && code(outcome, OUTCOME_BITS.server_state) === CLOSED;
}

/** Only what `socketLife` tells of TIME_WAIT. */
export function timeWaitLife(row: Float64Array, at: number, late: LateFacts, timeWaitNs: number, on: OnState): void {
  const complete = known(row[at + TIME_WAIT]!);
  if (Number.isNaN(complete)) return;
  const outcome = codesOf(row[at + OUTCOME]!);
  const holder = code(outcome, OUTCOME_BITS.time_wait_at);
  if (holder === CLIENT || holder === BOTH)
    tell(
      on,
      row[at + CLIENT_ADDRESS]!,
      TIME_WAIT_STATE,
      complete,
      timeWaitEnd(complete, late, late.clientFreedNs, timeWaitNs),
    );
  if (holder === SERVER || holder === BOTH)
    tell(
      on,
      row[at + SERVER_ADDRESS]!,
      TIME_WAIT_STATE,
      complete,
      timeWaitEnd(complete, late, late.serverFreedNs, timeWaitNs),
    );
}

/** 2MSL after it began or was restarted, unless a reset or a new connection ended it before. */
function timeWaitEnd(began: number, late: LateFacts, freed: number, timeWaitNs: number): number {
  const restarted = late.restartNs > began ? late.restartNs : began;
  return earlier(earlier(restarted + timeWaitNs, late.resetNs), freed);
}

/** The states before ESTABLISHED; when that began. NaN: it never did. */
function openingLife(
  row: Float64Array,
  at: number,
  outcome: number,
  gone: number,
  late: LateFacts,
  on: OnState,
): number {
  const first = row[at + FIRST]!;
  const client = row[at + CLIENT_ADDRESS]!;
  const server = row[at + SERVER_ADDRESS]!;
  const handshake = code(outcome, OUTCOME_BITS.handshake);
  const clientEnd = code(outcome, OUTCOME_BITS.client_state);
  const serverEnd = code(outcome, OUTCOME_BITS.server_state);
  if (handshake === COMPLETE) {
    const rtt = known(row[at + RTT]!);
    const synAck = first + Math.max(0, row[at + SYN_ACK]!);
    const opened = Number.isNaN(rtt) ? (late.handshakeAckNs >= synAck ? late.handshakeAckNs : synAck) : first + rtt;
    tell(on, client, SYN_SENT, first, Math.min(opened, gone));
    // With a copy among them nobody knows which SYN it answered: the server's socket is as old as its SYN-ACK.
    tell(on, server, SYN_RECEIVED, Number.isNaN(rtt) ? synAck : first, Math.min(opened, gone));
    return opened;
  }
  const isOpening = (end: number): boolean => end === SYN_SENT || end === SYN_RECEIVED;
  const close = code(outcome, OUTCOME_BITS.close);
  if (handshake === NO_HANDSHAKE && !(close === OPEN && (isOpening(clientEnd) || isOpening(serverEnd)))) {
    // An end that was refused or never answered has no socket; one in the middle of its life has.
    const hasLife = close !== REFUSED && close !== UNANSWERED;
    return hasLife ? first : NaN;
  }
  if (close !== OPEN && close !== UNANSWERED && clientEnd !== CLOSED && clientEnd !== SYN_SENT) {
    return first; // it went on to close, though the end of its handshake was not captured
  }
  const answered = handshake !== SYN_ONLY;
  tell(on, client, SYN_SENT, first, Math.min(gone, first + SYN_SENT_NS));
  if (answered) tell(on, server, SYN_RECEIVED, first, Math.min(gone, first + SYN_RECEIVED_NS));
  return NaN;
}

/** From ESTABLISHED on, where one end closed first; the table of close-rules 2.1. */
function closingLife(
  closer: number,
  other: number,
  opened: number,
  closerFin: number,
  otherFin: number,
  sat: number,
  complete: number,
  gone: number,
  on: OnState,
): void {
  // The closer's own FIN may not have been captured: then all that is known is that it came before the other's.
  const fin = Number.isNaN(closerFin) ? otherFin : closerFin;
  const acked = sat === -1 ? NaN : Number.isNaN(otherFin) ? fin : otherFin - sat;
  const heard = Number.isNaN(acked) ? otherFin : acked;
  const finished = Number.isNaN(complete) ? otherFin + FIN_NS : complete;
  tell(on, closer, ESTABLISHED, opened, Math.min(fin, gone));
  if (Number.isNaN(heard)) {
    tell(on, closer, FIN_WAIT_1, fin, Math.min(fin + FIN_NS, gone));
    tell(on, other, ESTABLISHED, opened, gone);
    return;
  }
  tell(on, closer, FIN_WAIT_1, fin, Math.min(heard, gone));
  tell(on, closer, FIN_WAIT_2, heard, Math.min(Number.isNaN(otherFin) ? Infinity : finished, gone));
  tell(on, other, ESTABLISHED, opened, Math.min(heard, gone));
  tell(on, other, CLOSE_WAIT_STATE, heard, Math.min(Number.isNaN(otherFin) ? Infinity : otherFin, gone));
  if (!Number.isNaN(otherFin)) tell(on, other, LAST_ACK, otherFin, Math.min(finished, gone));
}

function tell(on: OnState, address: number, code: number, from: number, to: number): void {
  if (to > from) on(address, code, from, to);
}
