import { ConnectionColumn } from '../flow/connection-columns.js';
import { ConnectionFlag, Head } from '../flow/connection-table.js';
import { ConnectionView } from '../flow/connection-view.js';
import { Desk } from '../flow/desk.js';
import type { Evictions, FlowListener, TrackerOptions } from '../flow/events.js';
import type { ReturnedTuples } from '../flow/forgotten-tuples.js';
import type { LoneSyn } from '../flow/lone-syn.js';
import type { RowSink } from '../flow/row-sink.js';
import type { Segment } from '../flow/segment.js';
import { SettledCopies } from '../flow/settled-record.js';
import type { PawsCandidate, ResetSeen, Story, TimeWaitSyn } from '../flow/story.js';
import { Tracker } from '../flow/tracker.js';
import type { Vantage } from '../flow/vantage.js';
import type { ResetCode } from '../flow/vocabulary.js';
import type { ZeekConnection } from '../flow/zeek-connection.js';
import type { AddressTable } from '../segment/address-table.js';
import type { FillingMemory } from '../segment/filling-memory.js';
import { Family, SegmentOption, type SegmentBatch } from '../segment/segment-batch.js';
import { judgeClose } from './closes/close-verdict.js';
import type { Handlers } from './detector.js';
import { Findings, FindingsOfOne } from './findings.js';
import { PlainRows } from './plain-rows.js';
import { RecordingContext } from './recording-context.js';
import { DETECTORS } from './registry.js';
import { ResetSurroundings } from './resets/reset-surroundings.js';
import { ConnectionRows } from './rows/connection-row.js';
import { TupleReuseRows, connectionBefore } from './rows/tuple-reuse.js';
import { ZeekRows } from './rows/zeek-rows.js';
import { judgeReset } from './rst-termination.js';

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

type Hears<Event extends keyof Handlers> = Handlers & Required<Pick<Handlers, Event>>;

/** Those of them that want to hear of that event. */
function hearing<Event extends keyof Handlers>(all: readonly Handlers[], event: Event): readonly Hears<Event>[] {
  return all.filter((handlers): handlers is Hears<Event> => handlers[event] !== undefined);
}

/** The tracker with the detectors behind it: hears its events, writes rows of connections, and hands on the rest. */
class JudgingEngine implements Engine, FlowListener {
  readonly #tracker: Tracker;
  readonly #view: ConnectionView;
  readonly #sink: RowSink;
  readonly #settled: SettledCopies;
  readonly #plainRows: PlainRows | null;
  readonly #connections: ConnectionRows;
  readonly #tupleReuse: TupleReuseRows;
  readonly #zeek: ZeekRows;
  readonly #surroundings: ResetSurroundings;
  /** Codes in rows written so far that the surroundings of a reset proved, by slot. */
  readonly #proved = new Map<number, ResetCode>();
  readonly #context: RecordingContext;
  readonly #findings: Findings;
  readonly #onStampedSyn: readonly Hears<'onStampedSyn'>[];
  readonly #onReset: readonly Hears<'onReset'>[];
  readonly #onTimeWait: readonly Hears<'onTimeWait'>[];
  readonly #onTimeWaitSyn: readonly Hears<'onTimeWaitSyn'>[];
  readonly #onPaws: readonly Hears<'onPaws'>[];
  readonly #onSettled: readonly Hears<'onSettled'>[];
  readonly #onLeave: readonly Hears<'onLeave'>[];
  readonly #onStoryLeaves: readonly Hears<'onStoryLeaves'>[];
  readonly #onReplacedLeaves: readonly Hears<'onReplacedLeaves'>[];
  readonly #onLoneSynLeaves: readonly Hears<'onLoneSynLeaves'>[];
  readonly #finish: readonly Hears<'finish'>[];

  constructor(options: EngineOptions, sink: RowSink, addresses: AddressTable) {
    this.#tracker = new Tracker(options, this);
    this.#view = new ConnectionView(this.#tracker.table);
    this.#sink = sink;
    this.#settled = new SettledCopies(sink.settled());
    this.#plainRows = options.shortWay === false ? null : PlainRows.over(this.#tracker.table);
    this.#surroundings = new ResetSurroundings(this.#plainRows?.hosts);
    this.#connections = new ConnectionRows(sink);
    this.#tupleReuse = new TupleReuseRows(sink);
    this.#zeek = new ZeekRows(sink, this.#plainRows?.histories);
    this.#context = new RecordingContext(this.#tracker, sink, addresses, this.#surroundings);
    this.#findings = new Findings(sink);
    const all = DETECTORS.map((detector) =>
      detector.create(this.#context, new FindingsOfOne(this.#findings, detector.meta)),
    );
    this.#onStampedSyn = hearing(all, 'onStampedSyn');
    this.#onReset = hearing(all, 'onReset');
    this.#onTimeWait = hearing(all, 'onTimeWait');
    this.#onTimeWaitSyn = hearing(all, 'onTimeWaitSyn');
    this.#onPaws = hearing(all, 'onPaws');
    this.#onSettled = hearing(all, 'onSettled');
    this.#onLeave = hearing(all, 'onLeave');
    this.#onStoryLeaves = hearing(all, 'onStoryLeaves');
    this.#onReplacedLeaves = hearing(all, 'onReplacedLeaves');
    this.#onLoneSynLeaves = hearing(all, 'onLoneSynLeaves');
    this.#finish = hearing(all, 'finish');
  }

  consume(batch: SegmentBatch, captureId: number): void {
    if (batch.length > 0 && Number.isNaN(this.#context.beganNs)) this.#context.beganNs = batch.timeNs[0]!;
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
    for (const detector of this.#finish) detector.finish();
    this.#findings.finish();
  }

  onSyn(slot: number, syn: Segment): void {
    const c = this.#view.select(slot);
    this.#surroundings.onSyn(c, syn.end);
    const { table } = this.#tracker;
    const older = connectionBefore(table, slot);
    if (older >= 0) this.#tupleReuse.write(table, slot, older, syn);
    if ((syn.options & SegmentOption.TIMESTAMP) === 0) return;
    for (const detector of this.#onStampedSyn) detector.onStampedSyn(c, syn);
  }

  onReset(slot: number, reset: ResetSeen): void {
    const c = this.#view.select(slot);
    this.#surroundings.onReset(c, reset);
    for (const detector of this.#onReset) detector.onReset(c, reset);
  }

  onTimeWait(slot: number): void {
    const c = this.#view.select(slot);
    for (const detector of this.#onTimeWait) detector.onTimeWait(c);
  }

  onTimeWaitSyn(slot: number, syn: TimeWaitSyn): void {
    const c = this.#view.select(slot);
    for (const detector of this.#onTimeWaitSyn) detector.onTimeWaitSyn(c, syn);
  }

  onPaws(slot: number, candidate: PawsCandidate): void {
    const c = this.#view.select(slot);
    for (const detector of this.#onPaws) detector.onPaws(c, candidate);
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
    const story = this.#context.storyOf(c);
    if (!c.has(ConnectionFlag.WRITTEN)) this.#surroundings.onSettled(c, story, this.#context.name);
    for (const detector of this.#onSettled) detector.onSettled(c, story);
    const zeek = this.#zeek.settle(c, this.#tracker.zeek.connection(slot));
    if (story === null) this.#writeWithoutStory(c, slot, zeek);
    else this.#writeWithStory(c, story, zeek);
  }

  #writeWithStory(c: ConnectionView, story: Story, zeek: number): void {
    if (c.has(ConnectionFlag.WRITTEN)) this.#settled.flush(); // it had no story then
    const close = judgeClose(c, story, this.#tracker.now);
    const seen = close.ending ?? close.afterClose;
    const proved = seen === null ? null : this.#surroundings.codeOf(c, seen, story);
    const reset = seen === null ? null : judgeReset(c, seen, story, proved);
    if (proved !== null) this.#proved.set(c.slot, proved);
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
    const story = this.#context.storyOf(c);
    for (const detector of this.#onLeave) detector.onLeave(c, story);
    if (c.has(ConnectionFlag.REPLACED))
      for (const detector of this.#onReplacedLeaves) detector.onReplacedLeaves(c, story);
    if (story === null) return;
    for (const detector of this.#onStoryLeaves) detector.onStoryLeaves(c, story);
    this.#proved.delete(slot);
    this.#surroundings.onLeave(c);
  }

  onLoneSynLeaves(syn: LoneSyn): void {
    for (const detector of this.#onLoneSynLeaves) detector.onLoneSynLeaves(syn);
  }
}
