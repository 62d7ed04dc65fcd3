import { ConnectionFlag, EndFlag, placeOf } from '../../flow/connection-table.js';
import type { ConnectionView, EndView } from '../../flow/connection-view.js';
import { CONNECTION_EXTRA_ROW, CONNECTION_ROW, OUTCOME_BITS, RESET_BITS, ZEEK_SHIFT } from '../../flow/row-layout.js';
import type { RowSink } from '../../flow/row-sink.js';
import {
  CLOSES,
  CLOSE_NOTES,
  CONFIDENCES,
  HANDSHAKES,
  RESET_CAUSES,
  RESET_CODES,
  RESET_ORIGINS,
  ROLES,
  SIDES,
  STATES,
  TIMESTAMP_USES,
  TRISTATE,
} from '../../flow/vocabulary.js';
import type { CloseVerdict } from '../closes/close-verdict.js';
import { isFirstOf } from '../resets/reset-signs.js';
import type { ResetVerdict } from '../rst-termination.js';
import { RowWriter, bitsOf, codeOf } from './row-writer.js';

/** A Zeek code of 1. V8 computes a power with a variable exponent anew each time. */
const ZEEK_UNIT = 2 ** ZEEK_SHIFT;

/** Writes the rows of connections: what was seen, and the verdicts on how they closed. */
export class ConnectionRows {
  readonly #sink: Pick<RowSink, 'rows' | 'addressId'>;
  readonly #row: RowWriter;
  readonly #extra: RowWriter;
  /** The lowest id of a row that has not been handed on. */
  #lowestWaiting = Infinity;

  constructor(sink: Pick<RowSink, 'rows' | 'addressId'>) {
    this.#sink = sink;
    this.#row = new RowWriter(sink.rows(CONNECTION_ROW));
    this.#extra = new RowWriter(sink.rows(CONNECTION_EXTRA_ROW));
  }

  /** Hands on the rows that wait; with an id, only if that of this connection may be among them. */
  flush(id = Infinity): void {
    if (id < this.#lowestWaiting) return;
    this.#row.flush();
    this.#lowestWaiting = Infinity;
  }

  /** Ends the row of the connection with that id. True: rows have just been handed on. */
  #commit(id: number): boolean {
    const isSent = this.#row.commit();
    this.#lowestWaiting = isSent ? Infinity : Math.min(id, this.#lowestWaiting);
    return isSent;
  }

  /** The row that is made already at `rows[at]`, of a connection that needs no other. True: rows have just been handed on. */
  writePlain(rows: Float64Array, at: number): boolean {
    this.#row.putAll(rows, at, CONNECTION_ROW.columns.length);
    return this.#commit(rows[at]!);
  }

  /** `reset` is the verdict on `close.ending` or `close.afterClose`; null where neither is there. `zeek`: a Zeek code. */
  write(c: ConnectionView, close: CloseVerdict, reset: ResetVerdict | null, zeek: number): void {
    const { client, server } = c;
    const seen = close.ending ?? close.afterClose;
    const firstAt = placeOf(c.firstCapture, c.firstFrame);
    const synAckPast = server.has(EndFlag.SYN_ACK) ? server.openingAt - firstAt : -1;
    const isAckSeen = c.has(ConnectionFlag.HANDSHAKE) && !c.has(ConnectionFlag.ACKS_LEFT_OUT);
    const isAcked = isAckSeen && synAckPast >= 0 && !client.has(EndFlag.SYN_ACK);
    const handshakeAckPast = isAcked ? client.openingAt - firstAt : -1;
    this.#row
      .put(c.id)
      .put(this.#sink.addressId(c.family, c.clientAddress))
      .put(this.#sink.addressId(c.family, c.serverAddress))
      .put(c.clientPort * 65536 + c.serverPort)
      .put(outcome(c, close) + zeek * ZEEK_UNIT)
      .putNs(c.firstNs)
      .put(firstAt)
      .put(client.isn)
      .put(client.packets)
      .putNs(Math.max(0, c.lastNs - c.firstNs))
      .putPast(c.lastCapture, c.lastFrame, firstAt)
      .put(reset === null || seen === null ? 0 : resetBits(c, seen.end, reset))
      .put(server.packets)
      .put(client.bytes)
      .put(server.bytes)
      .putNs(c.has(ConnectionFlag.ACKS_LEFT_OUT) ? NaN : c.idleMaxNs)
      .put(server.isn)
      .putNs(c.rttNs)
      .putNs(synAckPast < 0 ? NaN : synAckSpan(c))
      .put(synAckPast)
      .put(handshakeAckPast)
      .putPast(client.finCapture, client.finFrame, firstAt)
      .putPast(server.finCapture, server.finFrame, firstAt)
      .putNs(client.finNs)
      .putNs(server.finNs)
      .putNs(idleBeforeEnd(c, close))
      .putNs(close.timeWaitAt === null ? NaN : c.timeWaitNs)
      .putNs(close.closeWaitNs);
    this.#commit(c.id);
    // A row that replaces another must not leave the extra one of that behind: a reset that was outlived stood there.
    const mayHaveMore = c.has(ConnectionFlag.WRITTEN) && !c.has(ConnectionFlag.PLAIN_ROW);
    if (seen !== null || isUncommon(c) || mayHaveMore) {
      this.#extra
        .put(c.id)
        .put(c.incarnation)
        .put(c.syns)
        .put(c.synAcks)
        .put(client.repeated)
        .put(server.repeated)
        .put(client.retransmissions)
        .put(server.retransmissions)
        .putAt(seen?.capture ?? 0, seen?.frame ?? 0)
        .putNs(seen?.ns ?? NaN)
        .putNs(isAcked && Number.isNaN(c.rttNs) ? c.handshakeAckNs : NaN)
        .putNs(restart(c))
        .commit();
    }
  }
}

/** Silence before the first FIN, or before the reset that ended it; NaN: neither, or what was said then was left out. */
function idleBeforeEnd(c: ConnectionView, { ending }: CloseVerdict): number {
  if (c.has(ConnectionFlag.ACKS_LEFT_OUT)) return NaN;
  if (!Number.isNaN(c.idleBeforeFinNs)) return c.idleBeforeFinNs;
  return ending === null || isFirstOf(c, ending) ? NaN : ending.idleNs;
}

/** Whether CONNECTION_EXTRA_ROW's defaults would be wrong. */
function isUncommon(c: ConnectionView): boolean {
  const { client, server } = c;
  const code = codeOf(HANDSHAKES, handshake(c));
  return (
    c.incarnation !== 1 ||
    c.syns !== (code >= 1 ? 1 : 0) ||
    c.synAcks !== (code >= 2 ? 1 : 0) ||
    client.repeated + server.repeated > 0 ||
    client.retransmissions + server.retransmissions > 0 ||
    (c.has(ConnectionFlag.HANDSHAKE) && !c.has(ConnectionFlag.RTT_KNOWN | ConnectionFlag.ACKS_LEFT_OUT)) ||
    !Number.isNaN(restart(c))
  );
}

/** From the first packet to the SYN-ACK; NaN: not known, also where both ends sent one, for one time is kept. */
function synAckSpan(c: ConnectionView): number {
  const span = c.synAckNs - c.firstNs;
  return span < 0 || (c.client.has(EndFlag.SYN_ACK) && c.server.has(EndFlag.SYN_ACK)) ? NaN : span;
}

/** When TIME_WAIT was last restarted; NaN: never. */
function restart(c: ConnectionView): number {
  return c.timeWaitLastNs > c.timeWaitNs ? c.timeWaitLastNs : NaN;
}

function handshake(c: ConnectionView): (typeof HANDSHAKES)[number] {
  if (!c.has(ConnectionFlag.SYN)) return 'none';
  if (!c.has(ConnectionFlag.SYN_ACK)) return 'syn-only';
  return c.has(ConnectionFlag.HANDSHAKE) ? 'complete' : 'syn-syn-ack';
}

function outcome(c: ConnectionView, close: CloseVerdict): number {
  const roles = c.has(ConnectionFlag.SYN) ? 'syn' : c.has(ConnectionFlag.SYN_ACK) ? 'syn-ack' : 'guessed';
  return (
    bitsOf(OUTCOME_BITS.roles, codeOf(ROLES, roles)) |
    bitsOf(OUTCOME_BITS.handshake, codeOf(HANDSHAKES, handshake(c))) |
    bitsOf(OUTCOME_BITS.timestamps, codeOf(TIMESTAMP_USES, timestamps(c))) |
    bitsOf(OUTCOME_BITS.close, codeOf(CLOSES, close.close)) |
    bitsOf(OUTCOME_BITS.closed_first, codeOf(SIDES, close.closedFirst)) |
    bitsOf(OUTCOME_BITS.closed_first_confidence, codeOf(CONFIDENCES, close.confidence)) |
    bitsOf(OUTCOME_BITS.close_note, codeOf(CLOSE_NOTES, close.note)) |
    bitsOf(OUTCOME_BITS.time_wait_at, codeOf(SIDES, close.timeWaitAt)) |
    bitsOf(OUTCOME_BITS.client_state, codeOf(STATES, c.clientState)) |
    bitsOf(OUTCOME_BITS.server_state, codeOf(STATES, c.serverState))
  );
}

/** RFC 7323 §2: both SYN and SYN-ACK carry the option; without a handshake, what the segments show. */
function timestamps(c: ConnectionView): 0 | 1 | null {
  const { client, server } = c;
  if (client.has(EndFlag.SYN_NO_TIMESTAMP) || server.has(EndFlag.SYN_NO_TIMESTAMP)) return 0;
  if (client.has(EndFlag.SYN_TIMESTAMP) && server.has(EndFlag.SYN_TIMESTAMP)) return 1;
  if (!c.has(ConnectionFlag.SYN) || !c.has(ConnectionFlag.SYN_ACK)) {
    if (c.has(ConnectionFlag.ATTEMPT | ConnectionFlag.REFUSED)) return null;
    const used = (end: EndView): boolean | null =>
      end.has(EndFlag.TIMESTAMP) ? true : end.has(EndFlag.NO_TIMESTAMP) ? false : null;
    const both = [used(client), used(server)];
    if (both.includes(false)) return 0;
    if (both.every((use) => use === true)) return 1;
  }
  return null;
}

function resetBits(c: ConnectionView, end: number, reset: ResetVerdict): number {
  const acceptable = reset.acceptable === null ? null : reset.acceptable ? 1 : 0;
  return (
    bitsOf(RESET_BITS.by, codeOf(SIDES, end === c.client.index ? 'client' : 'server')) |
    bitsOf(RESET_BITS.cause, codeOf(RESET_CAUSES, reset.cause)) |
    bitsOf(RESET_BITS.code, codeOf(RESET_CODES, reset.code)) |
    bitsOf(RESET_BITS.confidence, codeOf(CONFIDENCES, reset.confidence)) |
    bitsOf(RESET_BITS.origin, codeOf(RESET_ORIGINS, reset.origin)) |
    bitsOf(RESET_BITS.acceptable, codeOf(TRISTATE, acceptable))
  );
}
