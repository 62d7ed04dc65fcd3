import { SegmentOption, type SegmentBatch } from '../segment/segment-batch.js';
import { serialDiff } from '../wire/serial.js';
import { End, EndFlag, type ConnectionTable } from './connection-table.js';
import type { RecentSegments } from './recent-segments.js';
import type { ResetSeen } from './reset-seen.js';
import type { Story } from './story.js';

/** The parts of the tracker that are needed here. */
interface Memory {
  readonly table: ConnectionTable;
  readonly recent: RecentSegments;
}

/**
 * Whether a segment of `end` was sent before one that has passed already: its timestamp is older than another of its
 * sender, or it is a copy that the network made. It tells nothing of what its sender does after the resets of `story`.
 */
export function isOldSegment(
  { table, recent }: Memory,
  story: Story,
  end: number,
  mine: number,
  batch: SegmentBatch,
  row: number,
): boolean {
  const hasTimestamp = (batch.options[row]! & SegmentOption.TIMESTAMP) !== 0;
  const isKnown = (table.i32[mine + End.FLAGS]! & EndFlag.TSVAL_KNOWN) !== 0;
  if (hasTimestamp && isKnown && serialDiff(batch.tsval[row]!, table.i32[mine + End.TSVAL]!) < 0) return true;
  // To look for a copy takes long: not where it would change nothing.
  return story.resets.some((reset) => isUndecided(reset, end)) && recent.hasCopy(batch, row);
}

/** Whether another segment of `end` can change what is known of a reset. */
function isUndecided(reset: ResetSeen, end: number): boolean {
  return !reset.outlived && (end === reset.end ? reset.senderSpoke : reset.receiverSpoke) <= 1;
}

/** Whether a segment of the reset's own sender carries an older timestamp than that reset. Zero is no timestamp of a clock. */
export function isOlderThanReset(reset: ResetSeen, batch: SegmentBatch, row: number): boolean {
  if (!reset.hasTimestamp || reset.tsval === 0 || (batch.options[row]! & SegmentOption.TIMESTAMP) === 0) return false;
  return serialDiff(batch.tsval[row]!, reset.tsval) < 0;
}
