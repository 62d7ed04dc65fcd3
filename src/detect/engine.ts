import { ConnectionColumn } from '../flow/connection-columns.js';
import { ConnectionFlag, EndFlag, Head } from '../flow/connection-table.js';
import { ConnectionView } from '../flow/connection-view.js';
import { Desk } from '../flow/desk.js';
import type { Evictions, FlowListener, TrackerOptions } from '../flow/events.js';
import type { ReturnedTuples } from '../flow/forgotten-tuples.js';
import type { LoneSyn } from '../flow/lone-syn.js';
import type { RowSink } from '../flow/row-sink.js';
import { SettledCopies } from '../flow/settled-record.js';
import type { PawsCandidate, ResetSeen, Story, TimeWaitSyn } from '../flow/story.js';
import { holdsTimeWait } from '../flow/time-wait-watch.js';
import { Tracker } from '../flow/tracker.js';
import { type Confidence, type ResetCode } from '../flow/vocabulary.js';
import type { Vantage } from '../flow/vantage.js';
import type { ZeekConnection } from '../flow/zeek-connection.js';
import type { AddressTable } from '../segment/address-table.js';
import type { FillingMemory } from '../segment/filling-memory.js';
import { Family, SegmentOption, type SegmentBatch } from '../segment/segment-batch.js';
import { ConnectionRows } from './connection-row.js';
import { Findings } from './findings.js';
import { closeWaitFinding, closedLate } from './close-wait.js';
import { firstCloser, judgeClose, type CloseVerdict } from './first-closer.js';
import { NatTimestamps, natFinding, natTimestamps } from './nat-timestamps.js';
import { oldDuplicate, oldDuplicateFinding } from './old-duplicate.js';
import { PawsRows, judgePaws, pawsFinding, pawsRejection } from './paws-rejection.js';
import { outlivedResetFinding } from './outlived-reset.js';
import { PlainRows } from './plain-rows.js';
import type { WithEnds } from './port-key.js';
import { PortReuses, portReuse } from './port-reuse.js';
import { resetFinding, resetSort } from './reset-finding.js';
import { ResetSurroundings } from './reset-surroundings.js';
import { judgeReset, rstTermination } from './rst-termination.js';
import { silentEnd, silentEndFinding } from './silent-end.js';
import { StraySegments, straySegments } from './stray-segments.js';
import { asFarAsFollowed } from './evicted.js';
import { UnfinishedHandshakes, unfinishedHandshake } from './unfinished-handshake.js';
import { UntranslatedSegments, untranslated } from './untranslated.js';
import { ZeekRows } from './zeek-rows.js';
import { strangeEchoFinding } from './strange-echo.js';
import { TimeWaitSynRows, judgeTimeWaitSyn, timeWaitSyn, timeWaitSynFinding } from './time-wait-syn.js';
import { TupleReuseRows, connectionAfter, connectionBefore } from './tuple-reuse.js';

/** What follows connections and judges them: segments in, rows out. */
export interface Engine {
  /** All segments of the batch are of the capture with that id, in file order. */
  consume(batch: SegmentBatch, captureId: number): void;
  /** The input is over: the rows of all connections are written. */
  endConnections(): void;
  /** After that: what is left to find, in each connection and over all of them. */
  finish(): void;
  /** As in `Tracker.filling`. */
  readonly filling: readonly FillingMemory[];
  /** As in `Tracker.returned`. */
  readonly returned: ReturnedTuples;
  /** As in `Tracker.evictions`. */
  readonly evictions: Evictions;
  /** The recording holds no ACK that is nothing else. */
  readonly acksLeftOut: boolean;
  /** Where most handshakes of a capture say that the tap was; null: they do not say. */
  vantage(captureId: number): Vantage | null;
}

export type EngineOptions = TrackerOptions;

export function createEngine(options: EngineOptions, sink: RowSink, addresses: AddressTable): Engine {
  return new JudgingEngine(options, sink, addresses);
}

/** A SYN this soon after TIME_WAIT began is judged by TIME_WAIT itself, not by tcp_tw_recycle, ns (close-rules 6.2). */
const TIME_WAIT_FIRST_NS = 1e9;

/** The tracker with the detectors behind it: hears its events, has them judged, and writes their rows. */
class JudgingEngine implements Engine, FlowListener {
  readonly #tracker: Tracker;
  readonly #view: ConnectionView;
  /** An earlier or later incarnation on the four-tuple of the one in #view. */
  readonly #other: ConnectionView;
  readonly #addresses: AddressTable;
  readonly #sink: RowSink;
  readonly #settled: SettledCopies;
  readonly #plainRows: PlainRows | null;
  readonly #connections: ConnectionRows;
  readonly #timeWaitSyns: TimeWaitSynRows;
  readonly #tupleReuse: TupleReuseRows;
  readonly #paws: PawsRows;
  readonly #nat: NatTimestamps;
  readonly #zeek: ZeekRows;
  /** `#name`, to be handed on: a function made for each connection would be garbage for each. */
  readonly #nameOf = (c: WithEnds, end: number): string => this.#name(c, end);
  readonly #handshakes = new UnfinishedHandshakes(this.#nameOf, (c, end) => this.#addressOf(c, end));
  readonly #strays = new StraySegments(this.#nameOf);
  readonly #untranslated = new UntranslatedSegments(this.#nameOf);
  readonly #portReuses: PortReuses;
  readonly #surroundings: ResetSurroundings;
  /** Codes in rows written so far that the surroundings of a reset proved, by slot. */
  readonly #proved = new Map<number, ResetCode>();
  /** The connections told of as closed late, for a row can be written twice: id by slot, so that no more stay than records. */
  readonly #closedLate = new Map<number, number>();
  readonly #findings: Findings;
  #capture = 0;

  constructor(options: EngineOptions, sink: RowSink, addresses: AddressTable) {
    this.#tracker = new Tracker(options, this);
    this.#view = new ConnectionView(this.#tracker.table);
    this.#other = new ConnectionView(this.#tracker.table);
    this.#addresses = addresses;
    this.#sink = sink;
    this.#settled = new SettledCopies(sink.settled());
    this.#plainRows = options.shortWay === false ? null : PlainRows.over(this.#tracker.table);
    this.#surroundings = new ResetSurroundings(this.#plainRows?.hosts);
    this.#connections = new ConnectionRows(sink);
    this.#timeWaitSyns = new TimeWaitSynRows(sink);
    this.#tupleReuse = new TupleReuseRows(sink);
    this.#paws = new PawsRows(sink);
    this.#nat = new NatTimestamps(sink);
    this.#portReuses = new PortReuses(this.#nameOf, options.timeWaitNs);
    this.#zeek = new ZeekRows(sink, this.#plainRows?.histories);
    this.#findings = new Findings(sink);
  }

  consume(batch: SegmentBatch, captureId: number): void {
    this.#capture = captureId;
    if (batch.length > 0) this.#strays.began(batch.timeNs[0]!);
    this.#tracker.consume(batch, captureId);
  }

  get returned(): ReturnedTuples {
    return this.#tracker.returned;
  }

  get filling(): readonly FillingMemory[] {
    return this.#tracker.filling;
  }

  get evictions(): Evictions {
    return this.#tracker.evictions;
  }

  get acksLeftOut(): boolean {
    return this.#tracker.leftOut.holds;
  }

  vantage(captureId: number): Vantage | null {
    return this.#tracker.vantage.ofCapture(captureId);
  }

  endConnections(): void {
    this.#tracker.endConnections();
  }

  finish(): void {
    this.#tracker.finish();
    this.#nat.finish(this.#tracker.clockSteps > 0, (summary) => {
      const finding = natFinding(summary, this.#addresses.text(summary.family, summary.source));
      if (finding !== null) this.#findings.report(natTimestamps, finding);
    });
    this.#handshakes.finish(this.#tracker.vantage.recording, (finding) => {
      this.#findings.report(unfinishedHandshake, finding);
    });
    this.#portReuses.finish(this.#tracker.clockSteps > 0, (finding) => {
      this.#findings.report(portReuse, finding);
    });
    this.#strays.finish(this.#tracker.clockSteps > 0, (finding) => {
      this.#findings.report(straySegments, finding);
    });
    this.#untranslated.finish((finding) => {
      this.#findings.report(untranslated, finding);
    });
    this.#surroundings.backscatter.finish((finding) => {
      this.#findings.report(rstTermination, finding);
    });
    this.#findings.finish();
  }

  onSyn(slot: number, end: number, batch: SegmentBatch, row: number): void {
    this.#surroundings.onSyn(this.#view.select(slot));
    const { table } = this.#tracker;
    const older = table.i32[table.at(slot) + Head.OLDER]! < 0 ? -1 : connectionBefore(table, slot);
    if (older >= 0) this.#tupleReuse.write(table, slot, older, end, batch, row);
    if ((batch.options[row]! & SegmentOption.TIMESTAMP) === 0) return;
    const at = table.at(older);
    const inTimeWait =
      older >= 0 &&
      (table.i32[at + Head.FLAGS]! & ConnectionFlag.FINISHED) !== 0 &&
      holdsTimeWait(table, at, 1 - end) &&
      batch.timeNs[row]! - table.f64[(at + Head.TIME_WAIT_LAST_NS) >> 1]! < TIME_WAIT_FIRST_NS;
    this.#nat.onSyn(table.u32[table.at(slot) + Head.ID]!, batch, row, this.#capture, inTimeWait);
  }

  onReset(slot: number, reset: ResetSeen): void {
    const c = this.#view.select(slot);
    this.#surroundings.onReset(c, reset);
    this.#untranslated.onReset(c, reset);
  }

  onTimeWait(slot: number): void {
    const { table } = this.#tracker;
    this.#nat.onTimeWait(table, table.at(slot));
    this.#handshakes.onTimeWait();
  }

  onTimeWaitSyn(slot: number, syn: TimeWaitSyn): void {
    const c = this.#view.select(slot);
    const verdict = judgeTimeWaitSyn(syn, this.#tracker.clockSteps > 0, this.#sureOfClose(slot, syn.previousId));
    this.#timeWaitSyns.write(syn, verdict);
    const finding = timeWaitSynFinding(syn, verdict, this.#name(c, syn.end), this.#name(c, 1 - syn.end));
    if (finding !== null) this.#findings.report(timeWaitSyn, finding);
  }

  /**
   * How sure it is who closed the connection before, with that id, and so who holds TIME_WAIT. Once that one has left
   * memory nobody can look again, and of one that something else than FINs is said to have ended they do not tell: likely
   * at most.
   */
  #sureOfClose(slot: number, previousId: number): Confidence {
    const older = connectionBefore(this.#tracker.table, slot);
    if (older < 0 || this.#other.select(older).id !== previousId) return 'likely';
    const story = this.#tracker.stories.get(older) ?? null;
    if (this.#other.has(ConnectionFlag.ACKS_LEFT_OUT)) return 'likely'; // the ACK of the last FIN is only assumed
    const close = judgeClose(this.#other, story, this.#tracker.now);
    return close.close === 'fin' || close.close === 'fin-then-rst' ? close.confidence : 'likely';
  }

  onPaws(slot: number, candidate: PawsCandidate): void {
    const c = this.#view.select(slot);
    const verdict = judgePaws(
      candidate,
      this.#tapIsAt(c, 1 - candidate.end),
      this.#tracker.clockSteps > 0 || c.client.has(EndFlag.ACKED_UNSEEN) || c.server.has(EndFlag.ACKED_UNSEEN),
    );
    this.#paws.write(c, candidate, verdict);
    const finding = pawsFinding(
      c.id,
      candidate,
      verdict,
      this.#name(c, candidate.end),
      this.#name(c, 1 - candidate.end),
    );
    if (finding !== null) this.#findings.report(pawsRejection, finding);
  }

  onPlain(first: number, end: number): number {
    const plain = this.#plainRows;
    if (plain === null) return first;
    for (let place = first; ;) {
      const next = plain.settle(place, end);
      for (let i = place; i < next; i++) this.#writePlain(plain.values, (i - place) * ConnectionColumn.COUNT, i);
      if (next - place < Desk.PLAIN_ROOM) return next;
      place = next;
    }
  }

  /** The row at `rows[at]` of the connection in that place of `Desk.PLAIN_SLOTS`. */
  #writePlain(rows: Float64Array, at: number, place: number): void {
    const { i32 } = this.#tracker.table;
    const slot = i32[Desk.PLAIN_SLOTS / 4 + place]!;
    const family = (i32[this.#tracker.table.at(slot) + Head.FLAGS]! & ConnectionFlag.V6) === 0 ? Family.V4 : Family.V6;
    const client = rows[at + ConnectionColumn.CLIENT_ADDRESS]!;
    const server = rows[at + ConnectionColumn.SERVER_ADDRESS]!;
    const low = this.#sink.addressId(family, Math.min(client, server)); // first, as everywhere: ids are in that order
    const high = this.#sink.addressId(family, Math.max(client, server));
    rows[at + ConnectionColumn.CLIENT_ADDRESS] = client < server ? low : high;
    rows[at + ConnectionColumn.SERVER_ADDRESS] = client < server ? high : low;
    if (this.#connections.writePlain(rows, at)) this.#settled.flush();
  }

  onSettled(slot: number): void {
    const c = this.#view.select(slot);
    const story = c.has(ConnectionFlag.STORY) ? (this.#tracker.stories.get(slot) ?? null) : null;
    if (!c.has(ConnectionFlag.WRITTEN)) this.#surroundings.onSettled(c, story, this.#nameOf);
    if (c.has(ConnectionFlag.FINISHED) && closedLate(c) && this.#closedLate.get(slot) !== c.id) {
      this.#closedLate.set(slot, c.id);
      this.#tellCloseWait(c, judgeClose(c, story, this.#tracker.now));
    }
    const zeek = this.#zeek.settle(c, this.#tracker.zeek.connection(slot));
    if (story === null) return this.#writeWithoutStory(c, slot, zeek);
    if (c.has(ConnectionFlag.WRITTEN)) this.#settled.flush(); // it had no story then
    const close = judgeClose(c, story, this.#tracker.now);
    const seen = close.ending ?? close.afterClose;
    const proved = seen === null ? null : this.#surroundings.codeOf(c, seen, story);
    const reset = seen === null ? null : judgeReset(c, seen, story, proved);
    if (proved !== null) this.#proved.set(slot, proved);
    this.#connections.write(c, close, reset, zeek);
  }

  /** Those with plain rows are judged here, all others where the database is written. It wants both nearly in order of their ids. */
  #writeWithoutStory(c: ConnectionView, slot: number, zeek: number): void {
    const low = this.#sink.addressId(c.family, c.address(0));
    const high = this.#sink.addressId(c.family, c.address(1));
    const plain = this.#plainRows;
    if (plain?.judge(slot, zeek, low, high) === true) {
      if (this.#connections.writePlain(plain.values, 0)) this.#settled.flush();
      const { table } = this.#tracker;
      table.i32[table.at(slot) + Head.FLAGS]! |= ConnectionFlag.PLAIN_ROW;
      return;
    }
    if (c.has(ConnectionFlag.WRITTEN)) this.#connections.flush(c.id); // its row of then comes first
    if (this.#settled.append(this.#tracker.table, slot, this.#tracker.now, zeek, low, high)) this.#connections.flush();
  }

  onZeekPart(slot: number, connection: ZeekConnection): void {
    this.#zeek.write(this.#view.select(slot), connection);
  }

  onAllHeard(slot: number): void {
    const story = this.#tracker.stories.get(slot) ?? null;
    if (story === null || story.resets.length === 0) return;
    const c = this.#view.select(slot);
    const proved = this.#proved.get(slot) ?? null;
    if (!this.#surroundings.mayHaveChanged(c, story, proved)) return;
    const { ending } = judgeClose(c, story, this.#tracker.now);
    if (ending !== null && this.#surroundings.codeOf(c, ending, story) !== proved) this.onSettled(slot);
  }

  onLeave(slot: number): void {
    const c = this.#view.select(slot);
    const story = c.has(ConnectionFlag.STORY) ? (this.#tracker.stories.get(slot) ?? null) : null;
    this.#handshakes.onLeave(c, story, this.#tracker.now, this.#tracker.leftOut.holds);
    this.#strays.onLeave(c, story, this.#tracker.now);
    this.#untranslated.onLeave(c, story);
    const silent = silentEndFinding(c, story, (end) => this.#name(c, end.index));
    if (silent !== null) this.#findings.report(silentEnd, asFarAsFollowed(c, silent));
    if (c.has(ConnectionFlag.REPLACED)) this.#tellReplaced(c, story);
    const halfClosed = c.client.fin !== c.server.fin;
    if (story === null && !halfClosed) return;
    const close = judgeClose(c, story, this.#tracker.now);
    if (story !== null && close.ending !== null) {
      const proved = this.#surroundings.codeOf(c, close.ending, story);
      const verdict = judgeReset(c, close.ending, story, proved);
      const sort = resetSort(verdict);
      if (sort !== null && !this.#findings.countAlike(sort.kind, sort.severity, verdict.cause ?? undefined)) {
        const finding = resetFinding(c, close.ending, verdict, story, (end) => this.#name(c, end));
        if (finding !== null) this.#findings.report(rstTermination, finding);
      }
    }
    const outlived = story === null ? null : outlivedResetFinding(c, story, close.ending, (end) => this.#name(c, end));
    if (outlived !== null) this.#findings.report(rstTermination, outlived);
    const echo = story?.strangeEcho ?? null;
    if (echo !== null && outlived?.kind !== 'syn-ack-turned-down')
      this.#findings.report(
        pawsRejection,
        strangeEchoFinding(c, echo, (end) => this.#name(c, end)),
      );
    this.#proved.delete(slot);
    this.#surroundings.onLeave(c);
    const duplicate = oldDuplicateFinding(c, story, (end) => this.#name(c, end));
    if (duplicate !== null) this.#findings.report(oldDuplicate, duplicate);
    if (!c.has(ConnectionFlag.FINISHED)) this.#tellCloseWait(c, close);
  }

  onLoneSynLeaves(syn: LoneSyn): void {
    this.#handshakes.onLoneSynLeaves(syn, this.#tracker.now);
    this.#untranslated.onLoneSynLeaves(syn);
  }

  /** A connection that a later one took over, where no close was seen. */
  #tellReplaced(c: ConnectionView, story: Story | null): void {
    if (judgeClose(c, story, this.#tracker.now).close !== 'replaced') return;
    const next = connectionAfter(this.#tracker.table, c.slot);
    if (next >= 0) this.#portReuses.onReplaced(c, story, this.#other.select(next));
  }

  #tellCloseWait(c: ConnectionView, close: CloseVerdict): void {
    const clockStepped = this.#tracker.clockSteps > 0;
    const finding = closeWaitFinding(c, close, clockStepped, (end) => this.#name(c, end.index));
    if (finding !== null) this.#findings.report(firstCloser, asFarAsFollowed(c, finding));
  }

  /** Address and port of an end, as people write it. */
  #name(c: WithEnds, end: number): string {
    const text = this.#addressOf(c, end);
    return text.includes(':') ? `[${text}]:${c.port(end)}` : `${text}:${c.port(end)}`;
  }

  #addressOf(c: WithEnds, end: number): string {
    return this.#addresses.text(c.family, c.address(end));
  }

  /** Whether most handshakes say that the tap was at the side of that end (close-rules 9.1). */
  #tapIsAt(c: ConnectionView, end: number): boolean {
    return this.#tracker.vantage.recording === (end === c.client.index ? 'client' : 'server');
  }
}
