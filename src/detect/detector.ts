import type { ConnectionTable } from '../flow/connection-table.js';
import type { ConnectionView } from '../flow/connection-view.js';
import type { LoneSyn } from '../flow/lone-syn.js';
import type { RowSink } from '../flow/row-sink.js';
import type { Segment } from '../flow/segment.js';
import type { PawsCandidate, ResetSeen, Story, TimeWaitSyn } from '../flow/story.js';
import type { Vantage } from '../flow/vantage.js';
import type { FindingsOfOne } from './findings.js';
import type { EndName } from './ports/port-key.js';
import type { ResetSurroundings } from './resets/reset-surroundings.js';

/** What a detector says of itself: printed by `tcpclose explain`, and the source that its findings cite. */
export interface DetectorMeta {
  /** kebab-case; the name of its file. */
  readonly id: string;
  readonly summary: string;
  /** RFC sections and kernel behaviour that its rule rests on. */
  readonly references: readonly string[];
  /** Kinds of finding, kebab-case, each with what it means. Stable: renaming one breaks saved queries. */
  readonly findings: Readonly<Record<string, string>>;
  /** The rule, and what else can look the same. */
  readonly explanation: string;
}

/** One rule, or a few that belong together. `registry.ts` lists all. */
export interface Detector {
  readonly meta: DetectorMeta;
  /** Begins to listen to a recording. */
  create(context: DetectorContext, findings: FindingsOfOne): Handlers;
}

/**
 * What a detector wants to hear of a recording; of what it has no handler for, it hears nothing. `c` is valid during the
 * call, and so is what `context.before` and `after` give. `story`: the rare facts of the connection; null: it has none.
 */
export interface Handlers {
  /**
   * The first copy of a SYN with the timestamp option opens the connection. Nothing else is known of `c` yet. `syn`: valid
   * during the call.
   */
  onStampedSyn?(c: ConnectionView, syn: Segment): void;
  /** A reset on the connection, whatever it did. */
  onReset?(c: ConnectionView, reset: ResetSeen): void;
  /** Both FINs are acknowledged: TIME_WAIT begins. */
  onTimeWait?(c: ConnectionView): void;
  /** What became of a SYN that met TIME_WAIT is known as well as it will be. `c`: the attempt. */
  onTimeWaitSyn?(c: ConnectionView, syn: TimeWaitSyn): void;
  /** Likewise of a segment that fails PAWS. */
  onPaws?(c: ConnectionView, candidate: PawsCandidate): void;
  /** The connection has been over for a moment; once more where later segments changed it. Not of plain closes, which wait for nothing. */
  onSettled?(c: ConnectionView, story: Story | null): void;
  /**
   * The last word on a connection: it leaves memory, or the input is over. Not of complete closes without rare facts, which
   * most connections are: of those `onTimeWait` tells.
   */
  onLeave?(c: ConnectionView, story: Story | null): void;
  /** The same, for those who ask only of connections with rare facts, or that another took the place of: most have none. */
  onStoryLeaves?(c: ConnectionView, story: Story): void;
  onReplacedLeaves?(c: ConnectionView, story: Story | null): void;
  /** The same of one that is nothing but a SYN. */
  onLoneSynLeaves?(syn: LoneSyn): void;
  /** The input is over, and all connections have left. */
  finish?(): void;
}

/** What a detector may ask beside what it hears. */
export interface DetectorContext {
  /** Takes the rows of tables that are the detector's own. */
  readonly sink: RowSink;
  readonly table: ConnectionTable;
  /** What other connections of the same hosts say of a reset. */
  readonly surroundings: ResetSurroundings;
  /** How long TIME_WAIT is taken to last, ns. */
  readonly timeWaitNs: number;
  /** Time of the first segment of the recording, and of the latest, ns. */
  readonly beganNs: number;
  readonly now: number;
  /** The recording's clock went back by more than reordering explains: spans are not to be relied on. */
  readonly clockStepped: boolean;
  /** The recording holds no ACK that is nothing else. */
  readonly acksLeftOut: boolean;
  /** Where most handshakes of the recording say that the tap was; null: they do not say. */
  readonly vantage: Vantage | null;
  /** Address and port of an end, and its address alone, as people write them. */
  readonly name: EndName;
  readonly address: EndName;
  /** The same of an address value. */
  addressText(family: number, value: number): string;
  storyOf(c: ConnectionView): Story | null;
  /** The connection before `c` on its four-tuple, or after it; attempts between them are passed over. null: none in memory. */
  before(c: ConnectionView): ConnectionView | null;
  after(c: ConnectionView): ConnectionView | null;
}
