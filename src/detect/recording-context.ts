import { ConnectionFlag, type ConnectionTable } from '../flow/connection-table.js';
import { ConnectionView } from '../flow/connection-view.js';
import type { RowSink } from '../flow/row-sink.js';
import type { Story } from '../flow/story.js';
import type { Tracker } from '../flow/tracker.js';
import type { Vantage } from '../flow/vantage.js';
import type { AddressTable } from '../segment/address-table.js';
import type { DetectorContext } from './detector.js';
import type { EndName } from './ports/port-key.js';
import type { ResetSurroundings } from './resets/reset-surroundings.js';
import { connectionAfter, connectionBefore } from './rows/tuple-reuse.js';

/** What the tracker, the addresses and the resets so far tell the detectors of one recording. */
export class RecordingContext implements DetectorContext {
  readonly sink: RowSink;
  readonly surroundings: ResetSurroundings;
  beganNs = NaN;
  readonly #tracker: Tracker;
  readonly #addresses: AddressTable;
  /** Another incarnation of the four-tuple at hand. */
  readonly #other: ConnectionView;

  constructor(tracker: Tracker, sink: RowSink, addresses: AddressTable, surroundings: ResetSurroundings) {
    this.#tracker = tracker;
    this.sink = sink;
    this.#addresses = addresses;
    this.surroundings = surroundings;
    this.#other = new ConnectionView(tracker.table);
  }

  get table(): ConnectionTable {
    return this.#tracker.table;
  }
  get timeWaitNs(): number {
    return this.#tracker.timeWaitNs;
  }
  get now(): number {
    return this.#tracker.now;
  }
  get clockStepped(): boolean {
    return this.#tracker.clockSteps > 0;
  }
  get acksLeftOut(): boolean {
    return this.#tracker.leftOut.holds;
  }
  get vantage(): Vantage | null {
    return this.#tracker.vantage.recording;
  }

  // Properties, to be handed on: a function made for each connection would be garbage for each.
  readonly address: EndName = (c, end) => this.addressText(c.family, c.address(end));

  readonly name: EndName = (c, end) => {
    const text = this.address(c, end);
    return text.includes(':') ? `[${text}]:${c.port(end)}` : `${text}:${c.port(end)}`;
  };

  addressText(family: number, value: number): string {
    return this.#addresses.text(family, value);
  }

  storyOf(c: ConnectionView): Story | null {
    return c.has(ConnectionFlag.STORY) ? (this.#tracker.stories.get(c.slot) ?? null) : null;
  }

  before(c: ConnectionView): ConnectionView | null {
    return this.#at(connectionBefore(this.table, c.slot));
  }

  after(c: ConnectionView): ConnectionView | null {
    return this.#at(connectionAfter(this.table, c.slot));
  }

  #at(slot: number): ConnectionView | null {
    return slot < 0 ? null : this.#other.select(slot);
  }
}
