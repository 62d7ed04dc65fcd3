import type { FlowListener, TrackerOptions } from '../flow/events.js';
import type { RowSink } from '../flow/row-sink.js';
import { Tracker } from '../flow/tracker.js';
import type { AddressTable } from '../segment/address-table.js';
import type { SegmentBatch } from '../segment/segment-batch.js';

/** What follows connections and judges them: segments in, rows out. */
export interface Engine {
  /** All segments of the batch are of the capture with that id, in file order. */
  consume(batch: SegmentBatch, captureId: number): void;
  /** The input is over. */
  finish(): void;
}

export interface EngineOptions extends TrackerOptions {
  /** Addresses that the censuses cover. */
  readonly censusHosts: number;
}

export function createEngine(options: EngineOptions, _sink: RowSink, _addresses: AddressTable): Engine {
  const listener: FlowListener = { onSyn() {}, onTimeWait() {}, onTimeWaitSyn() {}, onPaws() {}, onReset() {}, onSettled() {} };
  return new Tracker(options, listener);
}
