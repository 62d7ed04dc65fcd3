import type { FlowListener } from './events.js';
import type { RecentSegments } from './recent-segments.js';
import type { ResetPool } from './reset-seen.js';
import type { Watcher } from './time-wait-watch.js';
import type { VantageEstimate } from './vantage.js';

/** The tracker, for those who take one kind of segment in its place. All calls are about the segment being followed. */
export interface Follower extends Watcher {
  readonly listener: FlowListener;
  readonly vantage: VantageEstimate;
  readonly resets: ResetPool;
  readonly recent: RecentSegments;
  /** Id of the capture that is being read, and time of its latest segment. */
  readonly capture: number;
  readonly now: number;
  readonly timeWaitNs: number;
  /** The connection in `slot` is over since `ns`. */
  ended(slot: number, ns: number): void;
  /** Both FINs are acknowledged. */
  complete(slot: number, at: number, ns: number): void;
  /** The incarnation in `slot` was accepted. */
  replaceOlder(slot: number): void;
}
